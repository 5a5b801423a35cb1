/** Files in memory with holes: octets that read as zeros, and take no memory. */
import { PosixError } from './errors.js';
import { attempt, call, errno } from './libc.js';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/**
 * Finds the first octet from `offset` on that is no hole.
 * @returns Infinity if only holes follow
 */
export function nextData(fd: number, offset: number): number {
  return seek(fd, offset, SEEK_DATA);
}

/**
 * Finds the first hole from `offset` on; the end of the file counts as one. This takes as long as there are octets before
 * the hole.
 */
export function nextHole(fd: number, offset: number): number {
  return seek(fd, offset, SEEK_HOLE);
}

function seek(fd: number, offset: number, whence: number): number {
  const found = attempt('lseek', fd, offset, whence);
  if (found >= 0) return found;
  if (-found === errno('ENXIO')) return Infinity;
  throw new PosixError('lseek', -found, `descriptor ${fd}`);
}

/** Makes a hole: these octets read as zeros, in mappings of the file, too, and their memory is free. */
export function punchHole(fd: number, offset: number, length: number): void {
  call('fallocate', `descriptor ${fd}`, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}
