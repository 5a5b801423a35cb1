/**
 * Layout of the folder of a host's migrations:
 *
 *     migrations/             for its owner alone
 *     migrations/DOMID.lock   locked for as long as the process that migrates the domain lives; says who it is
 *     migrations/DOMID.sock   that process listens there
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { FileTooLongError, readSmallFile, tryLockDescriptor } from '@mig/posix';
import { UnsafeFolderError } from './errors.js';
import { isRecord, type MigrationRecord } from './migration-record.js';

/** Most octets of a record: a name, a host, two numbers. */
const LONGEST_RECORD = 1 << 16;

export class MigrationFolder {
  readonly path: string;

  /** @param stateFolder the host's: see HostInfo */
  constructor(stateFolder: string) {
    this.path = join(stateFolder, 'migrations');
  }

  socketOf(domid: number): string {
    return join(this.path, `${domid}.sock`);
  }

  lockOf(domid: number): string {
    return join(this.path, `${domid}.lock`);
  }

  /**
   * Creates the folder if it is missing.
   * @throws UnsafeFolderError; the file system's error
   */
  make(): void {
    makeFolder(join(this.path, '..'));
    makeFolder(this.path);
    const found = lstatSync(this.path);
    const { uid, mode } = found;
    if (!found.isDirectory()) throw new UnsafeFolderError(`${this.path} is not a folder`);
    if (uid !== process.geteuid?.()) {
      throw new UnsafeFolderError(`${this.path} belongs to another user (uid ${uid})`);
    }
    if ((mode & 0o077) !== 0) chmodSync(this.path, 0o700);
  }

  /**
   * Lists the running migrations in the order of their domids. Files of dead processes are removed.
   * @throws the file system's error for a folder that cannot be read
   */
  migrations(): MigrationRecord[] {
    const domids = this.#names().flatMap((name) => /^([0-9]+)\.lock$/.exec(name)?.[1] ?? []);
    return domids
      .map(Number)
      .sort((a, b) => a - b)
      .flatMap((domid) => this.#running(domid) ?? []);
  }

  /**
   * @returns undefined if there is no record, or not yet
   * @throws the file system's error for a record that cannot be read
   */
  recordOf(domid: number): MigrationRecord | undefined {
    let text: string;
    try {
      text = new TextDecoder().decode(readSmallFile(this.lockOf(domid), LONGEST_RECORD));
    } catch (error) {
      if (isMissing(error) || error instanceof FileTooLongError) return undefined;
      throw error;
    }
    return parseRecord(text);
  }

  /**
   * Locks the domain for as long as the descriptor is open.
   * @returns the descriptor; undefined if another process has the lock
   * @throws the file system's error
   */
  lock(domid: number, flags = 0): number | undefined {
    const path = this.lockOf(domid);
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | flags, 0o600);
    // The former holder may have removed the file since it was opened: then the lock is worthless.
    if (tryLockDescriptor(fd) && isStill(fd, path)) return fd;
    closeSync(fd);
    return undefined;
  }

  /** Deletes the lock and the socket file. Call only while holding the lock. */
  remove(domid: number): void {
    this.removeSocket(domid);
    rmSync(this.lockOf(domid), { force: true });
  }

  /** Deletes the socket file. Call only while holding the lock. */
  removeSocket(domid: number): void {
    rmSync(this.socketOf(domid), { force: true });
  }

  #running(domid: number): MigrationRecord | undefined {
    let dead: number | undefined;
    try {
      dead = this.lock(domid);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    if (dead === undefined) return this.recordOf(domid);
    this.remove(domid);
    closeSync(dead);
    return undefined;
  }

  #names(): string[] {
    try {
      return readdirSync(this.path);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** @returns undefined if the record is incomplete or malformed */
function parseRecord(text: string): MigrationRecord | undefined {
  try {
    const record = JSON.parse(text) as unknown;
    return isRecord(record) ? record : undefined;
  } catch {
    return undefined;
  }
}

function isStill(fd: number, path: string): boolean {
  try {
    return fstatSync(fd).ino === statSync(path).ino;
  } catch {
    // Also if the file cannot be looked at: then the domain counts as taken, and nothing is removed.
    return false;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
