import { secondsIn } from '@mig/sender/policy';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** The default measuring time in milliseconds. */
export const PERIOD_DEFAULT = 5000;
/** The shortest measuring time in seconds. */
const SHORTEST = 0.2;
const LONGEST = 3600;

/** @returns milliseconds @throws Failure by the option's name */
export function period(text: string): number {
  const seconds = secondsIn(text);
  if (seconds >= SHORTEST && seconds <= LONGEST) return seconds * 1000;
  throw new Failure(
    `--period must be a number of seconds from ${SHORTEST} to ${LONGEST}, not '${text}'`,
    ExitStatus.usage,
  );
}
