import { constants } from 'node:fs';
import { attempt, call } from './libc.js';

const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;

export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * A pipe whose ends no child inherits unless given to it.
 * @param capacity octets; the kernel rounds it up to a power of two. Where the user's limit forbids it
 *   (/proc/sys/fs/pipe-max-size), the pipe keeps the kernel's default of 64 KiB.
 */
export function pipe(capacity?: number): Pipe {
  const ends = new Int32Array(2);
  call('pipe2', 'pipe', ends, O_CLOEXEC);
  const [readEnd, writeEnd] = [ends[0]!, ends[1]!];
  if (capacity !== undefined) attempt('fcntl', writeEnd, F_SETPIPE_SZ, capacity);
  return { readEnd, writeEnd };
}

/** Both ends of a pipe have flags of their own: this never changes what a child sees at the other end. */
export function setNonBlocking(fd: number): void {
  const flags = call('fcntl', `descriptor ${fd}`, fd, F_GETFL, 0);
  call('fcntl', `descriptor ${fd}`, fd, F_SETFL, flags | constants.O_NONBLOCK);
}

export function closeDescriptor(fd: number): void {
  attempt('close', fd);
}

/** Waits for the exclusive lock on an open file; closing the file, or dying, gives it back. */
export function lockDescriptor(fd: number): void {
  call('flock', `descriptor ${fd}`, fd, LOCK_EX);
}
