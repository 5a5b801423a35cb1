/**
 * Standard input or output for long blocking reads and writes. Whoever else holds such a pipe, another module of this
 * process included, may have made it non-blocking; opened anew it has flags of its own.
 */
import { fstatSync, openSync } from 'node:fs';

/** @returns a descriptor to be closed, or `descriptor` itself where it is no pipe or cannot be opened */
export function standardPipe(descriptor: 0 | 1): number {
  // A file opened anew would start at its beginning.
  if (!fstatSync(descriptor).isFIFO()) return descriptor;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, descriptor === 0 ? 'r' : 'w');
  } catch {
    return descriptor;
  }
}
