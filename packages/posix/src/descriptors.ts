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

/**
 * Most octets that a pipe may hold without privilege with the kernel's usual settings: larger pipes need
 * fewer calls for the same pages.
 */
export const LARGEST_PIPE = 1 << 20;

/**
 * Makes a pipe with both ends for this process, for Input and Output: they are non-blocking, so that every
 * wait has its timeout. No child inherits them.
 * @param capacity octets; the kernel rounds it up to a power of two. If the user's limit forbids it
 * (/proc/sys/fs/pipe-max-size), the pipe keeps the kernel's default of 64 KiB.
 */
export function pipe(capacity?: number): Pipe {
  return makePipe(O_CLOEXEC | constants.O_NONBLOCK, capacity);
}

/**
 * Makes a pipe with one end for another program, which expects its reads and writes to wait: both ends are
 * blocking. Set the end that stays here non-blocking, which the other end never notices.
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
 * Makes a descriptor non-blocking. Both ends of a pipe have flags of their own, so a child at the other end
 * sees no change. But a descriptor from another process shares its flags with that process.
 * @returns a function that restores the flags
 */
export function setNonBlocking(fd: number): () => void {
  const flags = call('fcntl', `descriptor ${fd}`, fd, F_GETFL, 0);
  call('fcntl', `descriptor ${fd}`, fd, F_SETFL, flags | constants.O_NONBLOCK);
  return () => attempt('fcntl', fd, F_SETFL, flags);
}

/**
 * Opens an inherited pipe or terminal anew for writing that never waits for the reader; the flags of `fd`,
 * which others share, stay as they are.
 * @returns `fd` itself if it is neither, since a file would be written from its beginning, or if it cannot be
 * opened
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

/**
 * Enlarges `fd` if it is a pipe and the user's limit allows it; otherwise nothing changes.
 * @param capacity octets
 */
export function enlargePipe(fd: number, capacity: number): void {
  attempt('fcntl', fd, F_SETPIPE_SZ, capacity);
}

/**
 * Makes programs that this process starts, or becomes, inherit `fd`: Node prevents that for all descriptors
 * that it was given.
 */
export function makeInheritable(fd: number): void {
  call('fcntl', `descriptor ${fd}`, fd, F_SETFD, 0);
}

/** System call numbers, the same on all architectures. Source: include/uapi/asm-generic/unistd.h. */
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;

/**
 * Duplicates a descriptor of another process into this one.
 * @throws PosixError EPERM if that process may not be traced, ESRCH if it is gone, EBADF if it has no such
 * descriptor
 */
export function duplicateFrom(pid: number, fd: number): number {
  const process = call('syscall', `process ${pid}`, SYS_PIDFD_OPEN, pid, 0, 0);
  try {
    return call('syscall', `descriptor ${fd} of process ${pid}`, SYS_PIDFD_GETFD, process, fd, 0);
  } finally {
    closeDescriptor(process);
  }
}

/**
 * Makes `fd` a duplicate of `other`; the previous `fd` is closed. Programs that this process starts inherit
 * it.
 */
export function replaceDescriptor(fd: number, other: number): void {
  call('dup2', `descriptor ${fd}`, other, fd);
}

const SEEK_CUR = 1;

/** Returns the octets from the start of a file to its position; undefined for a pipe or a socket. */
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

/** Takes the exclusive lock on an open file, if it is free. @returns whether it did */
export function tryLockDescriptor(fd: number): boolean {
  return attempt('flock', fd, LOCK_EX | LOCK_NB) >= 0;
}

/** Waits for the exclusive lock on an open file; closing the file, or dying, releases it. */
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
 * Takes the process's own exclusive lock (fcntl's, which is independent of flock's) on a file that is open
 * for writing, if no other process has it. Closing any descriptor of that file releases it.
 * @returns whether it did
 * @throws PosixError if the file system has no locks
 */
export function tryLockRecord(fd: number): boolean {
  const result = attempt('fcntl_lock', fd, F_SETLK, wholeFile());
  if (result >= 0) return true;
  // POSIX allows either error.
  if (-result === errno('EAGAIN') || -result === errno('EACCES')) return false;
  throw new PosixError('fcntl', -result, `descriptor ${fd}`);
}

/** Returns the pid of the process that has such a lock; undefined if none has. */
export function recordLockHolder(fd: number): number | undefined {
  const lock = wholeFile();
  call('fcntl_lock', `descriptor ${fd}`, fd, F_GETLK, lock);
  return lock.getInt16(0, true) === F_UNLCK ? undefined : lock.getInt32(LOCK_PID, true);
}
