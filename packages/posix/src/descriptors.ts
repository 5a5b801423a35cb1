import type { Pipe } from '@mig/channel';
import { constants, fstatSync, openSync } from 'node:fs';
import { PosixError } from './errors.js';
import { attempt, call, errno } from './libc.js';

const F_SETFD = 2;
const F_GETFL = 3;
const F_SETFL = 4;
const F_SETPIPE_SZ = 1031;
const O_CLOEXEC = 0o2000000;
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Octets that a pipe may have at most without privilege, as the kernel is usually set up: fewer calls for the same pages. */
export const LARGEST_PIPE = 1 << 20;

/**
 * Makes a pipe both of whose ends are for this process, for Input and Output: they are non-blocking, so that every wait has
 * its timeout. No child inherits them.
 * @param capacity octets; the kernel rounds it up to a power of two. Where the user's limit forbids it
 *   (/proc/sys/fs/pipe-max-size), the pipe keeps the kernel's default of 64 KiB.
 */
export function pipe(capacity?: number): Pipe {
  return makePipe(O_CLOEXEC | constants.O_NONBLOCK, capacity);
}

/**
 * Makes a pipe one of whose ends is for another program, which expects that its reads and writes wait: both ends are
 * blocking. Set the end that stays here non-blocking, which the other never notices.
 * @param capacity see `pipe`
 */
export function blockingPipe(capacity?: number): Pipe {
  return makePipe(O_CLOEXEC, capacity);
}

function makePipe(flags: number, capacity: number | undefined): Pipe {
  const ends = new Int32Array(2);
  call('pipe2', 'pipe', ends, flags);
  const [readEnd, writeEnd] = [ends[0]!, ends[1]!];
  if (capacity !== undefined) enlargePipe(writeEnd, capacity);
  return { readEnd, writeEnd };
}

/**
 * Both ends of a pipe have flags of their own: this never changes what a child sees at the other end. The flags of what
 * another process gave us are that process's, too.
 * @returns what puts them back as they were
 */
export function setNonBlocking(fd: number): () => void {
  const flags = call('fcntl', `descriptor ${fd}`, fd, F_GETFL, 0);
  call('fcntl', `descriptor ${fd}`, fd, F_SETFL, flags | constants.O_NONBLOCK);
  return () => attempt('fcntl', fd, F_SETFL, flags);
}

/**
 * Opens an inherited pipe or terminal anew for writing that never waits for whoever reads; the flags of `fd`, which are others'
 * as well, stay as they are.
 * @returns `fd` itself where it is neither, since a file would be written from its beginning, or where it cannot be opened
 */
export function openNonBlocking(fd: number): number {
  const status = fstatSync(fd);
  if (!status.isFIFO() && !status.isCharacterDevice()) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}

/** Where `fd` is a pipe and the user's limit allows it; otherwise nothing changes. Octets. */
export function enlargePipe(fd: number, capacity: number): void {
  attempt('fcntl', fd, F_SETPIPE_SZ, capacity);
}

/** Programs that this process starts, or becomes, have it too: Node sees to the opposite for all that it was given. */
export function makeInheritable(fd: number): void {
  call('fcntl', `descriptor ${fd}`, fd, F_SETFD, 0);
}

/** System call numbers, the same on all architectures (include/uapi/asm-generic/unistd.h). */
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

/**
 * A descriptor of another process, as one of our own.
 * @throws PosixError EPERM where that process may not be traced, ESRCH where it is gone, EBADF where it has none such
 */
export function duplicateFrom(pid: number, fd: number): number {
  const process = call('syscall', `process ${pid}`, SYS_PIDFD_OPEN, pid, 0, 0);
  try {
    return call('syscall', `descriptor ${fd} of process ${pid}`, SYS_PIDFD_GETFD, process, fd, 0);
  } finally {
    closeDescriptor(process);
  }
}

/** Makes `fd` what `other` is as well; what `fd` was before is closed. Programs that this process starts have it, too. */
export function replaceDescriptor(fd: number, other: number): void {
  call('dup2', `descriptor ${fd}`, other, fd);
}

const SEEK_CUR = 1;

/** Octets from the start of a file to where the next one is read or written; undefined for a pipe or a socket. */
export function positionOf(fd: number): number | undefined {
  const position = attempt('lseek', fd, 0, SEEK_CUR);
  return position < 0 ? undefined : position;
}

export function closePipe({ readEnd, writeEnd }: Pipe): void {
  closeDescriptor(readEnd);
  closeDescriptor(writeEnd);
}

export function closeDescriptor(fd: number): void {
  attempt('close', fd);
}

/** Takes the exclusive lock on an open file, if nobody has it. @returns whether it did */
export function tryLockDescriptor(fd: number): boolean {
  return attempt('flock', fd, LOCK_EX | LOCK_NB) >= 0;
}

/** Waits for the exclusive lock on an open file; closing the file, or dying, gives it back. */
export function lockDescriptor(fd: number): void {
  call('flock', `descriptor ${fd}`, fd, LOCK_EX);
}

// struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; }: all zeros, the whole file.
const F_GETLK = 5;
const F_SETLK = 6;
const F_WRLCK = 1;
const F_UNLCK = 2;
const LOCK_SIZE = 32;
const LOCK_PID = 24;

function wholeFile(): DataView<ArrayBuffer> {
  const lock = new DataView(new ArrayBuffer(LOCK_SIZE));
  lock.setInt16(0, F_WRLCK, true);
  return lock;
}

/**
 * Takes the process's own exclusive lock (fcntl's, which flock's has nothing to do with) on a file that is open for writing, if no
 * other process has it. Closing any descriptor of that file gives it back.
 * @returns whether it did
 * @throws PosixError where the file system has no locks
 */
export function tryLockRecord(fd: number): boolean {
  const result = attempt('fcntl_lock', fd, F_SETLK, wholeFile());
  if (result >= 0) return true;
  // POSIX leaves open which of the two it is.
  if (-result === errno('EAGAIN') || -result === errno('EACCES')) return false;
  throw new PosixError('fcntl', -result, `descriptor ${fd}`);
}

/** The process that has such a lock; undefined where none has. */
export function recordLockHolder(fd: number): number | undefined {
  const lock = wholeFile();
  call('fcntl_lock', `descriptor ${fd}`, fd, F_GETLK, lock);
  return lock.getInt16(0, true) === F_UNLCK ? undefined : lock.getInt32(LOCK_PID, true);
}
