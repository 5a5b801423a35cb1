/**
 * Standard input or output, which `-` means, for long blocking reads and writes. Whoever else holds such a pipe, another
 * module of this process included, may have made it non-blocking; opened anew it has flags of its own.
 */
import { fstatSync, openSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';

/** By descriptor. */
export const standardNames = ['standard input', 'standard output'] as const;

/** What `-` is called in words. */
export function nameOf(path: string, descriptor: 0 | 1): string {
  return path === '-' ? standardNames[descriptor] : path;
}

/**
 * @returns a descriptor to be closed, or `descriptor` itself where it is no pipe or cannot be opened
 * @throws Failure where it is a terminal: what goes this way is no text
 */
export function standardStream(descriptor: 0 | 1): number {
  if (isatty(descriptor)) {
    const way = descriptor === 0 ? 'from' : 'to';
    throw new Failure(`${standardNames[descriptor]} is a terminal: redirect it ${way} a file or a pipe`);
  }
  // A file opened anew would start at its beginning.
  if (!fstatSync(descriptor).isFIFO()) return descriptor;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, descriptor === 0 ? 'r' : 'w');
  } catch {
    return descriptor;
  }
}

/**
 * Refuses a standard output that keeps nothing: Node gives a process that was started without one /dev/null in its place.
 * @throws Failure
 */
export function refuseLoss(): void {
  if (fstatSync(1).rdev !== statSync('/dev/null').rdev) return;
  throw new Failure('standard output is closed, or /dev/null: the image would be lost');
}
