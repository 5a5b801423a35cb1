import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bitCount, clearBit, isSet, setBit } from './bitmap.js';

const PFNS = 200;
const pfns = fc.uniqueArray(fc.nat(PFNS - 1));

test('a bitmap has the pfns that were set, and not those that were cleared', () => {
  const property = fc.property(pfns, pfns, (put, taken) => {
    const bitmap = new Uint32Array(Math.ceil(PFNS / 32));
    for (const pfn of put) setBit(bitmap, pfn);
    for (const pfn of taken) clearBit(bitmap, pfn);
    const left = put.filter((pfn) => !taken.includes(pfn)).sort((a, b) => a - b);
    expect(Array.from({ length: PFNS }, (_, pfn) => pfn).filter((pfn) => isSet(bitmap, pfn))).toEqual(left);
    expect(bitCount(bitmap)).toBe(left.length);
  });
  fc.assert(property, { seed: 1 });
});

test('bit n of word w stands for pfn 32 w + n', () => {
  const bitmap = new Uint32Array(2);
  setBit(bitmap, 0);
  setBit(bitmap, 63);
  expect([...bitmap]).toEqual([1, 0x80000000]);
});
