import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEED } from './fake-control.test-support.js';
import { PopulatedPfns } from './populated.js';

/** Neighbours, pfns around the boundary between two parts of the set, and anything below 2^52. */
const pfn = fc.oneof(
  fc.nat(40),
  fc.constantFrom(31, 32, 2 ** 20 - 1, 2 ** 20, 2 ** 32 - 1, 2 ** 32, 2 ** 52 - 1),
  fc.nat(2 ** 22),
  fc.maxSafeNat().map((each) => each % 2 ** 52),
);

test('it holds what a Set would', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ add: fc.boolean(), pfn }), { maxLength: 60 }), (steps) => {
      const [ours, model] = [new PopulatedPfns(), new Set<number>()];
      for (const { add, pfn } of steps) {
        if (add) {
          ours.add(pfn);
          model.add(pfn);
        }
        expect(ours.has(pfn)).toBe(model.has(pfn));
      }
      for (const { pfn } of steps) {
        for (const each of [pfn, pfn + 1, pfn + 32, pfn + 2 ** 20])
          expect(ours.has(each)).toBe(model.has(each));
      }
    }),
    { seed: SEED },
  );
});

test('nothing is in an empty one', () => {
  for (const pfn of [0, 1, 2 ** 20, 2 ** 52 - 1]) expect(new PopulatedPfns().has(pfn)).toBe(false);
});
