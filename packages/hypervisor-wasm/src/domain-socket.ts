import { closeDescriptor, connectUnix, PosixError } from '@mig/posix';
import { closeSync, lstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { domainFiles } from './domain-files.js';
import { isMissing } from './error-code.js';

/**
 * Connects to a domain's process. A Unix socket leads there from any pid namespace that sees the folder.
 * @param folder the domain's
 * @returns a descriptor; undefined where nobody listens
 * @throws what the system says where that cannot be found out
 */
export function connectToDomain(folder: string): number | undefined {
  const folderFd = unlessMissing(() => openSync(folder, 'r'));
  if (folderFd === undefined) return undefined;
  try {
    // Through the folder's descriptor: a socket's path may have 107 octets only.
    return connectUnix(`/proc/self/fd/${folderFd}/${domainFiles.socket}`);
  } catch (error) {
    if (!(error instanceof PosixError)) throw error;
    if (error.code === 'ECONNREFUSED') return undefined;
    // Without /proc nothing is there, whoever listens.
    if (isMissing(error) && unlessMissing(() => lstatSync(join(folder, domainFiles.socket))) === undefined) {
      return undefined;
    }
    throw error;
  } finally {
    closeSync(folderFd);
  }
}

/** Says whether it is certain that a domain's process listens, and so is alive. That it does not proves nothing. */
export function listens(folder: string): boolean {
  let fd: number | undefined;
  try {
    fd = connectToDomain(folder);
  } catch {
    // Not proved: whoever asks takes that for nothing more.
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
