/**
 * Writes images and reports to a file: the old content stays until the new is complete. They hold a guest's
 * memory, or tell of it, so only their owner may read them.
 */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';
import { writeAll } from '../output/text-output.js';
import { nameOf, standardStream } from './standard-stream.js';

/** The step that gives a file its name once all is written: plain data, so that another thread can do it. */
export interface Completion {
  readonly descriptor: number;
  /** The rename; undefined for a device or a pipe. */
  readonly rename: { readonly from: string; readonly to: string; readonly mode: number } | undefined;
}

export function completeFile({ descriptor, rename }: Completion): void {
  if (rename === undefined) return sync(descriptor);
  fchmodSync(descriptor, rename.mode);
  // If the name is there after a crash, all of its content is.
  fsyncSync(descriptor);
  renameSync(rename.from, rename.to);
  syncFolder(dirname(rename.to));
}

/** Writes a folder's names to disk, where the file system can: then the sources of a file may be removed. */
function syncFolder(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return;
    throw error;
  }
  try {
    sync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes to disk, if there is one: a pipe has none. */
function sync(descriptor: number): void {
  try {
    fsyncSync(descriptor);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EROFS'].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  }
}

export interface OutputFile {
  readonly completion: Completion;
  write(octets: Uint8Array): void;
  /** Gives the file its name: all is written. */
  complete(): void;
  /** Closes the file; without `complete` before, nothing of it is left. */
  close(): void;
}

/** @param to `-` is standard output; a directory means the same name within it, as with cp */
export function openOutputFile(from: string, to: string): OutputFile {
  if (to === '-') {
    const descriptor = standardStream(1);
    return direct(descriptor, nameOf(to, 1), descriptor !== 1);
  }
  let path = to;
  let before = statOf(path);
  if (before?.isDirectory()) {
    if (from === '-') throw new Failure(`${to} is a directory: give the name of a file in it`);
    path = join(to, basename(from));
    before = statOf(path);
    if (before?.isDirectory()) throw new Failure(`${path} is a directory: it cannot be overwritten`);
  }
  const source = from === '-' ? undefined : statOf(from);
  if (before !== undefined && source?.dev === before.dev && source.ino === before.ino) {
    throw new Failure(`${from} and ${path} are the same file`);
  }
  // A device or a pipe is written to, not replaced.
  if (before !== undefined && !before.isFile()) return direct(openDevice(path), path, true);
  return replacing(before === undefined ? path : realpathSync(path), before);
}

/**
 * The mode of a file that tells of a guest's memory, whatever the umask: narrower only if that of the file
 * it replaces was.
 */
export function privateMode(before: Stats | undefined): number {
  return 0o600 & (before?.mode ?? 0o600);
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function openDevice(path: string): number {
  const descriptor = openSync(path, 'w');
  if (!isatty(descriptor)) return descriptor;
  closeSync(descriptor);
  throw new Failure(`${path} is a terminal: give a file or a pipe`);
}

function direct(descriptor: number, name: string, ours: boolean): OutputFile {
  return {
    completion: { descriptor, rename: undefined },
    write: (octets) => writeAll(descriptor, octets, name),
    complete: () => completeFile({ descriptor, rename: undefined }),
    close: () => {
      if (ours) closeSync(descriptor);
    },
  };
}

function replacing(path: string, before: Stats | undefined): OutputFile {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const descriptor = openSync(temporary, 'wx', 0o600);
  const completion = { descriptor, rename: { from: temporary, to: path, mode: privateMode(before) } };
  return {
    completion,
    write: (octets) => writeAll(descriptor, octets, path),
    complete: () => completeFile(completion),
    close: () => {
      closeSync(descriptor);
      rmSync(temporary, { force: true });
    },
  };
}
