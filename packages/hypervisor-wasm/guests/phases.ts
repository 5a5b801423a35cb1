/**
 * Phases of work: busy for a time, quiet for a time, repeated. Time is counted as the guest lives it: a
 * downtime takes nothing from a phase.
 */
import { crash, decimal, endLine, text } from './machine';

/** Lengths of the phases in milliseconds. Both 0: the guest is always busy. */
export let busyTime: u32 = 0;
export let quietTime: u32 = 0;
export let quiet: bool = false;
export let phaseLeft: f64 = 0;

export function setBusy(milliseconds: u32): void {
  busyTime = milliseconds;
  phaseLeft = milliseconds;
}

export function setQuiet(milliseconds: u32): void {
  quietTime = milliseconds;
}

/** Prints the phases as on the command line; refuses one without the other. */
export function sayPhases(): void {
  if (busyTime === 0 && quietTime === 0) return;
  text(' busy=');
  decimal(busyTime);
  text(' quiet=');
  decimal(quietTime);
  if (busyTime > 0 && quietTime > 0) return;
  text(': busy= and quiet= are milliseconds above 0 and go together');
  crash();
}

/** @param passed milliseconds that the guest has lived since the last call */
export function changePhase(passed: f64): void {
  if (quietTime === 0) return;
  phaseLeft -= passed;
  if (phaseLeft > 0) return;
  quiet = !quiet;
  phaseLeft += quiet ? quietTime : busyTime;
  text(quiet ? 'phase quiet' : 'phase busy');
  endLine();
}
