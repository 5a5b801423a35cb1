import { expect, test } from 'vitest';
import { PrecopyFigures } from './precopy-stats.js';

test('of any number of passes, a policy is told the latest hundred', () => {
  const figures = new PrecopyFigures(() => 0);
  for (let pass = 1; pass <= 250; pass++) figures.logRead(pass);
  const { dirtyCounts } = figures.at('dirty-count-known');
  expect(dirtyCounts).toEqual(Array.from({ length: 100 }, (_, i) => 151 + i));
});

test('the downtime is the dirty pages at the measured rate, and the cost of the suspend', () => {
  let now = 0;
  const figures = new PrecopyFigures(() => now, { suspendCost: 47 });
  expect(figures.at('dirty-count-known')).toMatchObject({
    sendRate: undefined,
    estimatedDowntime: undefined,
  });
  figures.sent(5000, 1000, 'free');
  now = 1000;
  figures.logRead(500);
  const known = figures.at('dirty-count-known');
  expect(known).toMatchObject({ dirtyRate: 500, totalWritten: 5000, elapsedMilliseconds: 1000 });
  expect(known.sendRate).toBeCloseTo(5000);
  expect(known.estimatedDowntime).toBeCloseTo(100 + 47);
  figures.sent(1, 1, 'free');
  expect(figures.at('between-batches').estimatedDowntime).toBeUndefined();
});

test('a small pass that vanishes in a pipe says little of the link', () => {
  const figures = new PrecopyFigures(() => 0);
  for (let i = 0; i < 100; i++) figures.sent(100, 100, 'free');
  figures.sent(100, 0, 'free');
  expect(figures.at('pass-finished').sendRate).toBeLessThan(1020);
});

test('holes do not slow the rate at which pages go', () => {
  const figures = new PrecopyFigures(() => 0);
  figures.sent(0, 5000, 'free');
  expect(figures.at('between-batches').sendRate).toBeUndefined();
  figures.sent(1000, 10, 'free');
  figures.sent(0, 5000, 'free');
  const { totalWritten, dirtyCount, sendRate } = figures.at('between-batches');
  expect({ totalWritten, dirtyCount }).toEqual({ totalWritten: 1000, dirtyCount: undefined });
  expect(sendRate).toBeCloseTo(100_000);
});

/** Sends 4000 pages/s, and leaves 1000 dirty. @returns the stats that a policy then sees */
function limited(figures: PrecopyFigures, pace: 'held' | 'lifted') {
  figures.sent(4000, 1000, pace);
  figures.logRead(1000);
  return figures.at('dirty-count-known');
}

test('under a bandwidth that is lifted at the suspend nobody knows the rate that counts: there are bounds', () => {
  const stats = limited(new PrecopyFigures(() => 0, { suspendCost: 47 }), 'lifted');
  expect(stats).toMatchObject({ lineRate: undefined, estimatedDowntime: 250 + 47, leastDowntime: 47 });
});

test('under one that goes on the rate that is kept counts', () => {
  const stats = limited(new PrecopyFigures(() => 0, { suspendCost: 47, lineRate: 9 }), 'held');
  expect(stats).toMatchObject({ lineRate: 4000, estimatedDowntime: 250 + 47, leastDowntime: 250 + 47 });
});

test('what earlier migrations have measured counts until this one has measured it', () => {
  const figures = new PrecopyFigures(() => 0, { suspendCost: 47, lineRate: 100_000 });
  expect(limited(figures, 'lifted')).toMatchObject({
    lineRate: 100_000,
    estimatedDowntime: 10 + 47,
    leastDowntime: 10 + 47,
  });
  expect(figures.measuredLineRate).toBeUndefined();
  figures.lineMeasured(50_000);
  expect(limited(figures, 'lifted')).toMatchObject({ lineRate: 50_000, estimatedDowntime: 20 + 47 });
  expect(figures.measuredLineRate).toBe(50_000);
});

test('pages that went freely have measured the line, once they are more than pipes and sockets hold', () => {
  const figures = new PrecopyFigures(() => 0);
  figures.sent(8191, 1000, 'free');
  expect(figures.measuredLineRate).toBeUndefined();
  expect(limited(figures, 'lifted').lineRate).toBeUndefined();
  figures.sentSuspended(8191, 1000, 'free');
  expect(figures.measuredLineRate).toBeCloseTo(8191);
  figures.sentSuspended(1e6, 1, 'held');
  expect(limited(figures, 'lifted').lineRate).toBeCloseTo(8191);
});

test('the rate is that of the last 32 MiB or so', () => {
  const figures = new PrecopyFigures(() => 0);
  /** Sends batches of 4 MiB. */
  const send = (mebibytes: number, pagesPerSecond: number) => {
    for (let sent = 0; sent < mebibytes; sent += 4)
      figures.sent(1024, (1024 / pagesPerSecond) * 1000, 'free');
    return figures.at('between-batches').sendRate!;
  };
  expect(send(1024, 1000)).toBeCloseTo(1000);
  // After 24 MiB the old rate still has about half of the weight.
  const half = send(24, 100_000);
  expect(1000 / half).toBeGreaterThan(0.4);
  expect(1000 / half).toBeLessThan(0.6);
  // After much more it has hardly any.
  expect(send(128, 100_000)).toBeGreaterThan(30_000);
});

test('a burst that measures the line counts before what went freely, and before earlier migrations', () => {
  const figures = new PrecopyFigures(() => 0, { lineRate: 9 });
  figures.lineMeasured(50_000);
  figures.sent(10_000, 1000, 'free');
  expect(limited(figures, 'lifted').lineRate).toBe(50_000);
  expect(figures.measuredLineRate).toBe(50_000);
});

test('a burst that measures the line counts for no rate of sending', () => {
  const figures = new PrecopyFigures(() => 0);
  figures.sent(1000, 1000, 'lifted');
  figures.sent(5000, 1, 'burst');
  const { sendRate, totalWritten } = figures.at('between-batches');
  expect(sendRate).toBeCloseTo(1000);
  expect(totalWritten).toBe(6000);
});
