import type { DirtyLog } from '@mig/hypervisor';
import type { Clock } from '../precopy-stats.js';
import type { DirtySample } from './dirty-curve.js';
import { DirtyWindows } from './dirty-windows.js';

/**
 * Milliseconds between two readings: the shortest, for readings that cost next to nothing, and the longest.
 */
const SHORTEST_INTERVAL = 20;
const LONGEST_INTERVAL = 1000;
/** Least ratio of an interval to the cost of a reading: readings slow the guest down, too. */
const COST_FACTOR = 20;
/** Least ratio of an interval to the cost of evaluating a reading, which is this host's time. */
const NOTING_FACTOR = 4;

export interface MeasureOptions {
  /** The measuring time in milliseconds. */
  readonly period: number;
  /** Waits for some milliseconds; may throw to end the measurement. */
  readonly wait: (milliseconds: number) => void;
  readonly clock?: Clock;
}

/**
 * Reads the log at short intervals for a period, at least once.
 * @throws what the log and `wait` throw
 */
export function measureDirty(log: DirtyLog, options: MeasureOptions): DirtySample {
  const { period, wait, clock = () => performance.now() } = options;
  const bitmap = new Uint32Array(Math.ceil(log.pageCount / 32));
  const windows = new DirtyWindows(log.pageCount);
  const opened = clock();
  // Writes from before the measurement are dropped.
  log.cleanLogDirty(bitmap);
  const began = clock();
  const cost = began - opened;
  let interval = Math.min(
    Math.max(SHORTEST_INTERVAL, cost * COST_FACTOR),
    Math.max(period / 2, cost),
    LONGEST_INTERVAL,
  );
  let last = began;
  for (let due = began + interval; due - interval / 2 < began + period; due = clock() + interval) {
    wait(Math.max(1, due - clock()));
    bitmap.fill(0);
    log.cleanLogDirty(bitmap);
    const now = clock();
    windows.add(bitmap, now - last);
    last = now;
    interval = Math.max(interval, Math.min((clock() - now) * NOTING_FACTOR, LONGEST_INTERVAL));
  }
  return windows.sample();
}
