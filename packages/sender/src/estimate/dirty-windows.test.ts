import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DirtyWindows } from './dirty-windows.js';

const PAGES = 70;

function bitmapOf(pfns: readonly number[]): Uint32Array {
  const bitmap = new Uint32Array(Math.ceil(PAGES / 32));
  for (const pfn of pfns) bitmap[pfn >>> 5]! |= 1 << (pfn & 31);
  return bitmap;
}

function windowsOf(intervals: readonly (readonly number[])[], milliseconds = 10) {
  const windows = new DirtyWindows(PAGES);
  for (const pfns of intervals) windows.add(bitmapOf(pfns), milliseconds);
  return windows.sample();
}

const rows: { name: string; intervals: number[][]; points: [number, number, number][] }[] = [
  { name: 'one reading', intervals: [[1, 2, 69]], points: [[10, 3, 1]] }, // prettier-ignore
  { name: 'the same pages again', intervals: [[1, 2], [1, 2]], points: [[10, 2, 2], [20, 2, 1]] }, // prettier-ignore
  { name: 'other pages', intervals: [[1, 2], [3]], points: [[10, 1.5, 2], [20, 3, 1]] }, // prettier-ignore
  {
    name: 'what no window has counts in all of it',
    intervals: [[1], [2], [3], [4], [5], [31, 32], [6]],
    points: [[10, 8 / 7, 7], [20, 7 / 3, 3], [30, 7 / 2, 2], [40, 4, 1], [60, 7, 1], [70, 8, 1]], // prettier-ignore
  },
  { name: 'silence', intervals: [[], []], points: [[10, 0, 2], [20, 0, 1]] }, // prettier-ignore
];

test.each(rows)('$name', ({ intervals, points }) => {
  const sample = windowsOf(intervals);
  expect(sample).toMatchObject({
    pageCount: PAGES,
    milliseconds: intervals.length * 10,
    readings: intervals.length,
  });
  expect(sample.points.map(({ milliseconds, pages, windows }) => [milliseconds, pages, windows])).toEqual(
    points,
  );
});

test('where the written pages are is told by parts of the pfns', () => {
  expect(windowsOf([[0, 31], [31, 32, 69]]).places).toEqual([2, 1, 1]); // prettier-ignore
});

test('an interval that took no time is refused', () => {
  expect(() => new DirtyWindows(1).add(new Uint32Array(1), 0)).toThrow(RangeError);
});

test('each window is the union of its intervals, whatever they are', () => {
  const interval = fc.array(fc.nat(PAGES - 1), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1, maxLength: 33 }), (intervals) => {
      const { points } = windowsOf(intervals);
      const lengths = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32].filter((length) => length <= intervals.length);
      for (const length of lengths) {
        const count = Math.floor(intervals.length / length);
        const unions = Array.from(
          { length: count },
          (_, i) => new Set(intervals.slice(i * length, (i + 1) * length).flat()).size,
        );
        const mean = unions.reduce((sum, each) => sum + each, 0) / count;
        const point = points.find(({ milliseconds }) => milliseconds === length * 10)!;
        expect(point.pages).toBeCloseTo(mean);
        expect(point.windows).toBe(count);
      }
      expect(points.at(-1)!.pages).toBe(new Set(intervals.flat()).size);
    }),
    { seed: 20140602 },
  );
});
