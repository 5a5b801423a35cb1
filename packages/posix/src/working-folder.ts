/** The folder that relative paths start from, which may be gone, or have a name that Node cannot show. */
import { MigError } from '@mig/errors';
import { isUtf8 } from 'node:buffer';
import { readlinkSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { shown, UNDECODED } from './octets.js';

/** A relative path that cannot be resolved. */
export class WorkingFolderError extends MigError {
  override readonly name = 'WorkingFolderError';
  readonly code = 'no-working-folder';
}

/**
 * Makes a path absolute.
 * @throws WorkingFolderError if it is relative, and the working folder is gone or its name is not UTF-8
 */
export function absolutePath(path: string): string {
  if (isAbsolute(path)) return resolve(path);
  if (isWorkingFolderGone()) throw new WorkingFolderError(GONE);
  if (!process.cwd().includes(UNDECODED)) return resolve(path);
  const octets = readlinkSync('/proc/self/cwd', 'buffer');
  if (isUtf8(octets)) return resolve(path);
  throw new WorkingFolderError(
    `the name of the working folder is not UTF-8: '${shown(octets)}'; an absolute path is needed`,
  );
}

/** The fault of a relative path in a working folder that is gone. */
export const GONE = 'the working folder is gone; an absolute path is needed';

export function isWorkingFolderGone(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

/**
 * Goes to `/` if the working folder is gone, because no thread of Node starts in a missing one. Call it only
 * after every relative path has been looked up, and was not found: it would lead elsewhere afterwards.
 */
export function leaveMissingFolder(): void {
  if (isWorkingFolderGone()) process.chdir('/');
}
