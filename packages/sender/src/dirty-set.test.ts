import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtySet } from './dirty-set.js';

function drain(set: DirtySet, most: number): number[][] {
  const pfns = new Float64Array(most);
  const batches: number[][] = [];
  for (;;) {
    const count = set.take(pfns, most);
    if (count === 0) return batches;
    batches.push([...pfns.subarray(0, count)]);
  }
}

test.each([1, 31, 32, 33, 64, 100])('filled, it holds each of %i pfns once and no other', (pageCount) => {
  const set = new DirtySet(pageCount);
  set.fill();
  expect(set.count()).toBe(pageCount);
  expect(drain(set, 7).flat()).toEqual(Array.from({ length: pageCount }, (_, pfn) => pfn));
  expect(set.count()).toBe(0);
});

test('batches are full but the last, ascend, and what is taken is gone', () => {
  const pfnSet = fc.uniqueArray(fc.nat(999), { maxLength: 300 });
  fc.assert(
    fc.property(pfnSet, fc.integer({ min: 1, max: 64 }), (pfns, most) => {
      const set = new DirtySet(1000);
      for (const pfn of pfns) set.bitmap[pfn >>> 5]! |= 1 << (pfn & 31);
      expect(set.count()).toBe(pfns.length);
      const batches = drain(set, most);
      expect(batches.flat()).toEqual([...pfns].sort((a, b) => a - b));
      expect(batches.slice(0, -1).every((batch) => batch.length === most)).toBe(true);
    }),
    { seed: 3 },
  );
});

test('cut short, the rest stays; after a rewind it comes with what was added below', () => {
  const set = new DirtySet(100);
  set.fill();
  const pfns = new Float64Array(60);
  set.take(pfns, 60);
  set.bitmap[0]! |= 0b101;
  set.rewind();
  expect(drain(set, 100)).toEqual([[0, 2, ...Array.from({ length: 40 }, (_, i) => 60 + i)]]);
});

test('more pages than 32 bits can name are refused', () => {
  expect(() => new DirtySet(2 ** 32 + 1)).toThrow(RangeError);
});
