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
  try {
    ftruncateSync(fd);
    writeSync(fd, `${JSON.stringify(record)}\n`, 0);
    // A dead process may have left a socket without a lock.
    folder.removeSocket(domid);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    socketPath: folder.socketOf(domid),
    release: () => {
      try {
        folder.remove(domid);
      } finally {
        closeSync(fd);
      }
    },
  };
}

async function lock(folder: MigrationFolder, domid: number): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await setTimeout(PAUSE);
    const fd = folder.lock(domid, constants.O_CREAT);
    if (fd !== undefined) return fd;
  }
  throw new MigrationClaimedError(domid, folder.recordOf(domid));
}
