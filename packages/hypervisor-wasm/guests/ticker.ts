import { decimal, endLine, text } from './machine';
import { now } from './mig';

const INTERVAL: f64 = 100;

/** Number of the last tick printed. */
export let ticks: u64 = 0;
export let nextTick: f64 = 0;

export let errors: u64 = 0;
export let verified: u64 = 0;
export let written: u64 = 0;

export function countError(): void {
  errors++;
}

export function countVerified(): void {
  verified++;
}

export function countWritten(): void {
  written++;
}

/** Prints a tick when it is due: late after a downtime, never skipped or repeated. */
export function tick(time: f64): void {
  // If the wall clock was set back (another host, an administrator), the next tick does not wait for hours.
  if (time < nextTick && nextTick - time <= INTERVAL) return;
  nextTick = time + INTERVAL;
  ticks++;
  text('tick ');
  decimal(ticks);
  text(' ');
  decimal(<u64>time);
  text(' errors=');
  decimal(errors);
  text(' verified=');
  decimal(verified);
  text(' written=');
  decimal(written);
  endLine();
}

/** Milliseconds until the next tick. */
export function untilTick(): f64 {
  const left = nextTick - now();
  return left > INTERVAL ? 0 : left;
}
