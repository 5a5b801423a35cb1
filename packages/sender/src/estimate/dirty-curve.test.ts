import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirtyCurve, type DirtySample } from './dirty-curve.js';

const PAGES = 100_000;

/** A sample as if measured, at 20 ms and its multiples. */
function sampled(pages: (milliseconds: number) => number, period = 5120): DirtySample {
  const points = [];
  for (let t = 20; t <= period; t *= 2) {
    points.push({ milliseconds: t, pages: pages(t), windows: 1 });
    const between = t * 1.5;
    if (t > 20 && between < period) points.push({ milliseconds: between, pages: pages(between), windows: 1 });
  }
  return { pageCount: PAGES, milliseconds: period, readings: period / 20, points, places: [] };
}

/** Random writes to a set. */
const random = (set: number, rate: number) => (t: number) => set * (1 - Math.exp((-rate * t) / 1000 / set));
/** Writes over a set in order, repeatedly. */
const sweep = (set: number, rate: number) => (t: number) => Math.min(set, (rate * t) / 1000);

const guests: [string, (t: number) => number][] = [
  ['random, small set', random(500, 5000)],
  ['random, set hardly covered', random(50_000, 5000)],
  ['random, covered within the shortest window', random(500, 60_000)],
  ['a sweep', sweep(4000, 8000)],
  ['a sweep that does not come round', sweep(90_000, 1000)],
];

describe.each(guests)('%s', (_, pages) => {
  const curve = new DirtyCurve(sampled(pages));

  test.each([1, 5, 20, 33, 100, 700, 3000, 5120, 9000, 20_000])('within %i ms', (t) => {
    const truth = Math.min(PAGES, pages(t));
    expect(Math.abs(curve.pages(t) - truth)).toBeLessThanOrEqual(truth * 0.05 + 1);
  });
});

test('no time, no pages; the working set is what was written', () => {
  const curve = new DirtyCurve(sampled(sweep(4000, 8000)));
  expect(curve.pages(0)).toBe(0);
  expect(curve.workingSet).toBe(4000);
});

test('of one window only, a straight line is drawn', () => {
  const points = [{ milliseconds: 100, pages: 50, windows: 1 }];
  const curve = new DirtyCurve({ pageCount: 120, milliseconds: 100, readings: 1, points, places: [] });
  expect([10, 100, 150, 1000].map((t) => curve.pages(t))).toEqual([5, 50, 75, 120]);
});

test('where its pages are is told by their parts of the pfns', () => {
  const points = [{ milliseconds: 100, pages: 40, windows: 1 }];
  const curve = new DirtyCurve({
    pageCount: 120,
    milliseconds: 100,
    readings: 1,
    points,
    places: [10, 30, 0, 0],
  });
  expect([0, 0.125, 0.25, 0.375, 0.5, 1].map((place) => curve.beyond(place))).toEqual([
    1, 0.875, 0.75, 0.375, 0, 0,
  ]);
});

test('nothing measured is no curve', () => {
  const sample = { pageCount: 1, milliseconds: 0, readings: 0, points: [], places: [] };
  expect(() => new DirtyCurve(sample)).toThrow(RangeError);
});

test('it never falls, and never exceeds the pages, whatever was measured', () => {
  const measured = fc.array(fc.nat(2000), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(
      measured,
      fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 2 }),
      (counts, at) => {
        const points = counts.map((pages, i) => ({ milliseconds: 20 * 2 ** i, pages, windows: 1 }));
        const curve = new DirtyCurve({ pageCount: 1500, milliseconds: 1, readings: 1, points, places: [] });
        const values = at.sort((a, b) => a - b).map((t) => curve.pages(t));
        values.forEach((value, i) => {
          expect(value).toBeLessThanOrEqual(1500);
          if (i > 0) expect(value).toBeGreaterThanOrEqual(values[i - 1]! - 1e-6);
        });
      },
    ),
    { seed: 20140602 },
  );
});
