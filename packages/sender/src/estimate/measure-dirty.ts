import type { DirtyLog } from '@mig/hypervisor';
import type { Clock } from '../precopy-stats.js';
import type { DirtySample } from './dirty-curve.js';
import { DirtyWindows } from './dirty-windows.js';

/** Milliseconds between two readings, where a reading costs next to nothing; and at most. */
const SHORTEST_INTERVAL = 20;
const LONGEST_INTERVAL = 1000;
/** An interval is at least so many times what a reading costs: they slow the guest down, too. */
const COST_FACTOR = 20;
/** And so many times what it costs to take note of it: that is this host's time. */
const NOTING_FACTOR = 4;

export interface MeasureOptions {
  /** Milliseconds. */
  readonly period: number;
  /** Waits so many milliseconds; may throw to end the measurement. */
  readonly wait: (milliseconds: number) => void;
  readonly clock?: Clock;
}

/**
 * Reads the log at short intervals for a period, once at least.
 * @throws what the log and `wait` throw
 */
export function measureDirty(log: DirtyLog, options: MeasureOptions): DirtySample {
  const { period, wait, clock = () => performance.now() } = options;
  const bitmap = new Uint32Array(Math.ceil(log.pageCount / 32));
  const windows = new DirtyWindows(log.pageCount);
  const opened = clock();
  // What was written before anybody measured.
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
