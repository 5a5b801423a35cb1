/** Claims a domain: one process at a time migrates it. */
import { closeSync, constants, ftruncateSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { MigrationClaimedError } from './errors.js';
import type { MigrationFolder } from './migration-folder.js';
import type { MigrationRecord } from './migration-record.js';

/** Milliseconds between two tries, and their number: listing the migrations holds each lock for a moment. */
const PAUSE = 20;
const ATTEMPTS = 10;

export interface MigrationClaim {
  /** The path to listen at; nothing is there. */
  readonly socketPath: string;
  /** The reason why others cannot list this migration, though they find the domain taken. */
  readonly unnoted: unknown;
  /** Releases the domain, once nothing listens any more. */
  release(): void;
}

/**
 * Creates a missing folder, and claims the domain for this process.
 * @throws MigrationClaimedError where another has it; UnsafeFolderError; the file system's error
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

/**
 * @returns why it could not write the record: after a full disk, for example, the domain is claimed all the
 * same
 */
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

/** Reads who has the domain; an unreadable record leaves it claimed. */
function claimant(folder: MigrationFolder, domid: number): MigrationRecord | undefined {
  try {
    return folder.recordOf(domid);
  } catch {
    return undefined;
  }
}
