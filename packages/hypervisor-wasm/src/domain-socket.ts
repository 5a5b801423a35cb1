import { closeDescriptor, connectUnix, PosixError } from '@mig/posix';
import { closeSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { domainFiles } from './domain-files.js';
import { isMissing } from './error-code.js';

/**
 * Connects to a domain's process. Its Unix socket works from any pid namespace that sees the folder.
 * @param folder the domain's
 * @returns a descriptor; undefined where nobody listens
 * @throws the system's error where that cannot be found out
 */
export function connectToDomain(folder: string): number | undefined {
  const folderFd = unlessMissing(() => openSync(folder, 'r'));
  if (folderFd === undefined) return undefined;
  try {
    // Through the folder's descriptor: a socket's path is limited to 107 octets.
    return connectUnix(`/proc/self/fd/${folderFd}/${domainFiles.socket}`);
  } catch (error) {
    if (!(error instanceof PosixError)) throw error;
    if (error.code === 'ECONNREFUSED') return undefined;
    // Without /proc the path is missing even if a process listens.
    if (isMissing(error) && unlessMissing(() => lstatSync(join(folder, domainFiles.socket))) === undefined) {
      return undefined;
    }
    throw error;
  } finally {
    closeSync(folderFd);
  }
}

/** Tells whether a domain's process certainly listens, and so is alive. False proves nothing. */
export function listens(folder: string): boolean {
  let fd: number | undefined;
  try {
    fd = connectToDomain(folder);
  } catch {
    // Not proved, and callers take false for no more than that.
    return false;
  }
  if (fd === undefined) return false;
  closeDescriptor(fd);
  return true;
}

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
