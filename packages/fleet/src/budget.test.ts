import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LEAST_RATE, rateChanges, shareLine, TRICKLE_RATE } from './budget.js';

const users = (...still: boolean[]) => still.map((isStill, i) => ({ id: String(i), isStill }));

test('all have the same share', () => {
  expect([...shareLine(users(false, false), 1e8)]).toEqual([
    ['0', 5e7],
    ['1', 5e7],
  ]);
});

test('while one stands still, the others trickle', () => {
  expect([...shareLine(users(false, true, false), 1e8).values()]).toEqual([2_500_000, undefined, 2_500_000]);
  expect([...shareLine(users(false, true)).values()]).toEqual([TRICKLE_RATE, undefined]);
  expect([...shareLine(users(false, false)).values()]).toEqual([undefined, undefined]);
});

test('the rates never add up to more than the link', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 50 }),
      fc.integer({ min: 1e6, max: 1e10 }),
      (still, link) => {
        const rates = [...shareLine(users(...still), link).values()].map((rate) => rate ?? 0);
        expect(rates.reduce((sum, rate) => sum + rate, 0)).toBeLessThanOrEqual(
          Math.max(link, still.length * LEAST_RATE),
        );
      },
    ),
  );
});

test('who goes down goes first, and who does not change is left alone', () => {
  const before = new Map([...shareLine(users(true, false, false), 1e8)]);
  const after = new Map<string, number | undefined>([
    ['0', 1e6],
    ['1', 9e7],
    ['2', before.get('2')],
    ['new', 5],
  ]);
  expect(rateChanges(before, after)).toEqual([
    ['0', 1e6],
    ['1', 9e7],
  ]);
});
