/**
 * Standard input or output, which `-` means, for long blocking reads and writes. Another holder of the
 * pipe, such as another module of this process, may have made it non-blocking; opened anew it has flags of
 * its own.
 */
import { fstatSync, openSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';

/** Names of the standard streams, by descriptor. */
export const standardNames = ['standard input', 'standard output'] as const;

/** The words for `-`, or the path. */
export function nameOf(path: string, descriptor: 0 | 1): string {
  return path === '-' ? standardNames[descriptor] : path;
}

/**
 * @returns a descriptor to be closed, or `descriptor` itself if it is not a pipe or cannot be opened
 * @throws Failure for a terminal: the octets are not text
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
 * Refuses a standard output that keeps nothing: Node opens /dev/null if a process was started without one.
 * @throws Failure
 */
export function refuseLoss(): void {
  if (fstatSync(1).rdev !== statSync('/dev/null').rdev) return;
  throw new Failure('standard output is closed, or /dev/null: the image would be lost');
}
