import { expect, test } from 'vitest';
import type { DirtyLog } from '@mig/hypervisor';
import { measureDirty } from './measure-dirty.js';

/**
 * A guest that writes the next of its 4000 pages each millisecond, and a log whose reading takes `cost`
 * milliseconds.
 */
function guest(cost: number) {
  const clock = { now: 0 };
  let read = 0;
  const log: DirtyLog = {
    pageCount: 4000,
    cleanLogDirty: (bitmap) => {
      clock.now += cost;
      const count = clock.now - read;
      for (; read < clock.now; read++) bitmap[(read % 4000) >>> 5]! |= 1 << ((read % 4000) & 31);
      return count;
    },
  };
  const wait = (milliseconds: number) => (clock.now += Math.ceil(milliseconds));
  return { log, options: { wait, clock: () => clock.now }, clock };
}

test.each([
  [0, 20],
  [1, 20],
  [10, 200],
  [90, 1000],
])('where a reading takes %i ms, an interval is %i ms or a reading more', (cost, interval) => {
  const { log, options, clock } = guest(cost);
  const { points, milliseconds, readings } = measureDirty(log, { ...options, period: 4000 });
  expect(points[0]!.milliseconds).toBeGreaterThanOrEqual(interval);
  expect(points[0]!.milliseconds).toBeLessThanOrEqual(interval + cost);
  expect(points[0]!.pages).toBeCloseTo(points[0]!.milliseconds);
  expect(readings).toBeGreaterThan(3);
  expect(milliseconds).toBeGreaterThan(4000 - interval);
  expect(clock.now).toBeLessThanOrEqual(4000 + interval + 2 * cost);
});

test('however slow a reading is, there is one', () => {
  const { log, options } = guest(3000);
  expect(measureDirty(log, { ...options, period: 1000 }).readings).toBe(1);
});

test('what was written before is not counted', () => {
  const { log, options, clock } = guest(0);
  clock.now = 900;
  expect(measureDirty(log, { ...options, period: 40 }).points.at(-1)!.pages).toBe(40);
});

test('what ends the waiting ends the measurement', () => {
  const { log, options } = guest(0);
  const failure = new Error('Ctrl-C');
  const wait = () => {
    throw failure;
  };
  expect(() => measureDirty(log, { ...options, period: 1000, wait })).toThrow(failure);
});
