import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dirtyRuns, isPackedBitmap, MAX_BITMAP_WORDS, packBitmap, unpackBitmap } from './bitmap.js';
import { anyBitmap, SEED } from './trace.test-support.js';

const isDirty = (bitmap: Uint32Array, pfn: number) => ((bitmap[pfn >>> 5]! >>> (pfn & 31)) & 1) === 1;

test('any bitmap comes back, and takes no more than its own octets', () => {
  const codings = { raw: 0, runs: 0 };
  fc.assert(
    fc.property(anyBitmap, (bitmap) => {
      const packed = packBitmap(bitmap);
      codings[packed.coding]++;
      expect(packed.octets.length).toBeLessThanOrEqual(bitmap.length * 4);
      expect(unpackBitmap(packed)).toEqual(bitmap);
    }),
    { seed: SEED, numRuns: 1000 },
  );
  expect(Math.min(codings.raw, codings.runs)).toBeGreaterThan(50);
});

test('the runs of dirty pages are those of the bitmap, in order, apart from each other', () => {
  fc.assert(
    fc.property(anyBitmap, (bitmap) => {
      const pfns = [...dirtyRuns(packBitmap(bitmap))].flatMap(([first, count]) =>
        Array.from({ length: count }, (_, i) => first + i),
      );
      const expected = Array.from({ length: bitmap.length * 32 }, (_, pfn) => pfn).filter((pfn) =>
        isDirty(bitmap, pfn),
      );
      expect(pfns).toEqual(expected);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test('octets that are no such bitmap are known for it', () => {
  let whole = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('raw', 'runs'),
      fc.oneof(fc.nat(20), fc.constantFrom(-1, 1.5, NaN, 2 ** 40, MAX_BITMAP_WORDS + 1, '8', null)),
      fc.uint8Array({ maxLength: 12 }),
      (coding, words, octets) => {
        const packed = { coding, words, octets } as const;
        if (!isPackedBitmap(packed)) {
          expect(() => unpackBitmap(packed as never)).toThrow(RangeError);
          return;
        }
        whole++;
        expect(unpackBitmap(packed)).toHaveLength(packed.words);
      },
    ),
    { seed: SEED, numRuns: 3000 },
  );
  expect(whole).toBeGreaterThan(5);
});

test.each([
  { what: 'no pages', bitmap: [], octets: '' },
  { what: 'all clean', bitmap: [0, 0], octets: '40' },
  { what: 'all dirty', bitmap: [0xffffffff], octets: '0020' },
  { what: 'page 33 of 128', bitmap: [0, 2, 0, 0], octets: '21015e' },
])('$what: $octets', ({ bitmap, octets }) => {
  const packed = packBitmap(Uint32Array.from(bitmap));
  expect(Buffer.from(packed.octets).toString('hex')).toBe(octets);
});

test('more memory than a trace carries is refused', () => {
  expect(() => packBitmap(new Uint32Array(MAX_BITMAP_WORDS + 1))).toThrow(RangeError);
});
