import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeImageRecord,
  hasPageData,
  isKnownPageType,
  PageDataEncoder,
  PageType,
  pageTypeName,
} from '../index.js';
import { SeenPfns } from './seen-pfns.js';
import { pageData, SEED, toHex } from '../streams.test-support.js';

describe('PageDataEncoder', () => {
  it('writes what encodeImageRecord writes, up to the pages', () => {
    const encoder = new PageDataEncoder(8);
    const entry = fc.tuple(
      fc.integer({ min: 0, max: 2 ** 52 - 1 }),
      fc.constantFrom(0, 1, 4, 9, 12, 13, 14, 15),
    );
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 8 }), (list) => {
        const pfns = list.map(([pfn]) => pfn);
        const types = list.map(([, type]) => type);
        const whole = encodeImageRecord(pageData(pfns, types));
        const head = encoder.encode(Float64Array.from(pfns), Uint8Array.from(types), list.length);
        expect(toHex(head)).toBe(toHex(whole.subarray(0, 16 + list.length * 8)));
      }),
      { seed: SEED },
    );
  });

  it('uses one buffer, and only the first of the lists', () => {
    const encoder = new PageDataEncoder();
    const first = encoder.encode(Float64Array.of(1, 2), Uint8Array.of(0, 0), 1);
    expect(toHex(first)).toBe('01000000' + '10100000' + '01000000' + '00000000' + '0100000000000000');
    expect(encoder.encode(Float64Array.of(7), Uint8Array.of(15), 1).buffer).toBe(first.buffer);
    expect(encoder.encode(new Float64Array(1024), new Uint8Array(1024), 1024)).toHaveLength(16 + 8192);
  });

  it.each<[string, number[], number[], number]>([
    ['count 0', [1], [0], 0],
    ['count above the lists', [1], [0], 2],
    ['count above maxPfns', [1, 2, 3], [0, 0, 0], 3],
    ['a reserved type', [1], [5], 1],
    ['a type of more than 4 bits', [1], [16], 1],
    ['a pfn of 53 bits', [2 ** 52], [0], 1],
    ['a negative pfn', [-1], [0], 1],
    ['no pfn', [NaN], [0], 1],
  ])('refuses %s', (_, pfns, types, count) => {
    const encode = () =>
      new PageDataEncoder(2).encode(Float64Array.from(pfns), Uint8Array.from(types), count);
    expect(encode).toThrow(RangeError);
  });

  it.each([0, 32_705, 1.5])('refuses room for %s', (maxPfns) => {
    expect(() => new PageDataEncoder(maxPfns)).toThrow(RangeError);
  });
});

it('page types: named, known, with data', () => {
  const table = [...Array(17).keys()].map((type) => [
    pageTypeName(type),
    isKnownPageType(type),
    hasPageData(type),
  ]);
  expect(table.filter(([, known]) => known)).toHaveLength(Object.keys(PageType).length);
  for (const [name, known] of table) expect(name !== undefined).toBe(known);
  expect(table.flatMap(([name, , data]) => (data ? [name] : []))).toEqual([
    ...['NOTAB', 'L1TAB', 'L2TAB', 'L3TAB', 'L4TAB'],
    ...['L1TAB_PIN', 'L2TAB_PIN', 'L3TAB_PIN', 'L4TAB_PIN'],
  ]);
});

it('pfns seen are remembered up to a limit', () => {
  const seen = new SeenPfns();
  for (const pfn of [0, 31, 32, 99_999, 2 ** 24 - 1]) {
    expect([seen.add(pfn), seen.add(pfn)], `${pfn}`).toEqual([false, true]);
  }
  expect([seen.add(2 ** 24), seen.add(2 ** 24)]).toEqual([false, false]);
  expect(seen.add(33)).toBe(false);
});
