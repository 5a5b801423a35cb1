/**
 * Where the migrations of a host are found:
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

/** Octets: a name, a host, two numbers. */
const LONGEST_RECORD = 1 << 16;

export class MigrationFolder {
  readonly path: string;

  /** @param stateFolder the host's: HostInfo */
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
   * Makes it where it is missing.
   * @throws UnsafeFolderError; what the file system says
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
   * The migrations that run, in the order of their domids. What dead processes left is removed.
   * @throws what the file system says, where the folder is there but cannot be read
   */
  migrations(): MigrationRecord[] {
    const domids = this.#names().flatMap((name) => /^([0-9]+)\.lock$/.exec(name)?.[1] ?? []);
    return domids
      .map(Number)
      .sort((a, b) => a - b)
      .flatMap((domid) => this.#running(domid) ?? []);
  }

  /**
   * @returns undefined where it is not noted, or not yet
   * @throws what the file system says, where it cannot be read
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
   * The domain's lock, for as long as the descriptor is open.
   * @returns the descriptor; undefined where another has it
   * @throws what the file system says
   */
  lock(domid: number, flags = 0): number | undefined {
    const path = this.lockOf(domid);
    const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | flags, 0o600);
    // Whoever had it may have removed the file since it was opened: then this is the lock of nothing.
    if (tryLockDescriptor(fd) && isStill(fd, path)) return fd;
    closeSync(fd);
    return undefined;
  }

  /** Of the holder of the lock. */
  remove(domid: number): void {
    this.removeSocket(domid);
    rmSync(this.lockOf(domid), { force: true });
  }

  /** Of the holder of the lock. */
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

/** @returns undefined where it is being written, or says nothing */
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
    // Also where it cannot be looked at: then the domain counts as taken, and nothing is removed.
    return false;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
