/** A domain is migrated by one process at a time. */
import { closeSync, constants, ftruncateSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { MigrationClaimedError } from './errors.js';
import type { MigrationFolder } from './migration-folder.js';
import type { MigrationRecord } from './migration-record.js';

/** Milliseconds, and how often: somebody who lists the migrations has each lock for a moment. */
const PAUSE = 20;
const ATTEMPTS = 10;

export interface MigrationClaim {
  /** Where to listen; nothing is there. */
  readonly socketPath: string;
  /** Why the others do not find this migration, though they find the domain taken. */
  readonly unnoted: unknown;
  /** Once nobody listens any more. */
  release(): void;
}

/**
 * Makes the folder where it is missing, and takes the domain for this process.
 * @throws MigrationClaimedError where another has it; UnsafeFolderError; what the file system says
 */
export async function claimMigration(
  folder: MigrationFolder,
  record: MigrationRecord,
): Promise<MigrationClaim> {
  const { domid } = record;
  folder.make();
  const fd = await lock(folder, domid);
  return {
    socketPath: folder.socketOf(domid),
    unnoted: note(fd, folder, record),
    release: () => {
      try {
        folder.remove(domid);
      } finally {
        closeSync(fd);
      }
    },
  };
}

/** @returns why it could not: that the disk is full makes the domain nobody else's */
function note(fd: number, folder: MigrationFolder, record: MigrationRecord): unknown {
  try {
    // A dead process may have left a socket without a lock.
    folder.removeSocket(record.domid);
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(record)}\n`, 0);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function lock(folder: MigrationFolder, domid: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await setTimeout(PAUSE);
    const fd = folder.lock(domid, constants.O_CREAT);
    if (fd !== undefined) return fd;
  }
  throw new MigrationClaimedError(domid, claimant(folder, domid));
}

/** That its record cannot be read makes the domain nobody else's. */
function claimant(folder: MigrationFolder, domid: number): MigrationRecord | undefined {
  try {
    return folder.recordOf(domid);
  } catch {
    return undefined;
  }
}
