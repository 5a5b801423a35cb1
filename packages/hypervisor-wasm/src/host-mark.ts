import { HostError } from '@mig/hypervisor';
import { closeSync, lstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, isMissing } from './error-code.js';
import { refuse } from './make-folders.js';

/** The file that marks a folder as a host of mig. Nothing is ever removed from a folder without it. */
export const HOST_MARK = 'mig-host';

/**
 * Marks an empty folder as a host; a marked one stays as it is. Two processes may do so at once.
 * @throws HostError `no-permission` where the folder is another user's, `unavailable` where it holds other
 * files
 */
export function markHost(folder: string): void {
  checkOwner(folder);
  const mark = join(folder, HOST_MARK);
  if (isMarked(folder, mark)) return;
  // Looked for again: another process may be making this host, and the mark is its first file.
  const entries = attempt(folder, () => readdirSync(folder));
  if (entries.length > 0 && !isMarked(folder, mark)) {
    throw new HostError(
      'unavailable',
      `${folder} is not a mig host: it contains other files; use an empty folder, or one that does not exist yet`,
    );
  }
  try {
    closeSync(openSync(mark, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') refuse(mark, error);
  }
}

/**
 * Refuses another user's folder, even for root: its files could name any process.
 * @throws HostError no-permission
 */
export function checkOwner(folder: string): void {
  const { uid } = attempt(folder, () => statSync(folder));
  if (uid === process.geteuid?.()) return;
  throw new HostError('no-permission', `the folder ${folder} belongs to another user (uid ${uid})`);
}

function isMarked(folder: string, mark: string): boolean {
  return attempt(folder, () => {
    try {
      return lstatSync(mark).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  });
}

function attempt<T>(folder: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    const code = codeOf(error);
    const isForbidden = code === 'EACCES' || code === 'EPERM';
    throw new HostError(
      isForbidden ? 'no-permission' : 'unavailable',
      `the folder ${folder} cannot be read (${code})`,
      { cause: error },
    );
  }
}
