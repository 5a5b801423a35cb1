import { expect, test } from 'vitest';
import { PrecopyFigures } from './precopy-stats.js';

test('of any number of passes, a policy is told the latest hundred', () => {
  const figures = new PrecopyFigures(() => 0, 0);
  for (let pass = 1; pass <= 250; pass++) figures.logRead(pass);
  const { dirtyCounts } = figures.at('dirty-count-known');
  expect(dirtyCounts).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i));
});

test('the downtime is the dirty pages at the measured rate, and the cost of the suspend', () => {
  let now = 0;
  const figures = new PrecopyFigures(() => now, 47);
  expect(figures.at('dirty-count-known')).toMatchObject({
    sendRate: undefined,
    estimatedDowntime: undefined,
  });
  figures.sent(5000, 1000);
  now = 1000;
  figures.logRead(500);
  const known = figures.at('dirty-count-known');
  expect(known).toMatchObject({ dirtyRate: 500, totalWritten: 5000, elapsedMilliseconds: 1000 });
  expect(known.sendRate).toBeCloseTo(5000);
  expect(known.estimatedDowntime).toBeCloseTo(100 + 47);
  figures.sent(1, 1);
  expect(figures.at('between-batches').estimatedDowntime).toBeUndefined();
});

test('a small pass that vanishes in a pipe says little of the link', () => {
  const figures = new PrecopyFigures(() => 0, 0);
  for (let i = 0; i < 100; i++) figures.sent(100, 100);
  figures.sent(100, 0);
  expect(figures.at('pass-finished').sendRate).toBeLessThan(1020);
});

test('holes do not slow the rate at which pages go', () => {
  const figures = new PrecopyFigures(() => 0, 0);
  figures.sent(0, 5000);
  expect(figures.at('between-batches').sendRate).toBeUndefined();
  figures.sent(1000, 10);
  figures.sent(0, 5000);
  const { totalWritten, dirtyCount, sendRate } = figures.at('between-batches');
  expect({ totalWritten, dirtyCount }).toEqual({ totalWritten: 1000, dirtyCount: undefined });
  expect(sendRate).toBeCloseTo(100_000);
});
