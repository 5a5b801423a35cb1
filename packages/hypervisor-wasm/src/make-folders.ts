import { HostError } from '@mig/hypervisor';
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './error-code.js';

/**
 * Makes a folder and its missing parents, for this user alone. Node's `recursive` would retry for ever
 * where nothing can be made, in /proc for example.
 * @param path absolute
 * @throws HostError no-permission, unavailable
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let folder = path; !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      // Another process may have been faster.
      if (!isFolder(folder)) refuse(folder, error);
    }
  }
}

/** @returns false if nothing is there */
function isFolder(path: string): boolean {
  let isDirectory: boolean;
  try {
    isDirectory = statSync(path).isDirectory();
  } catch (error) {
    const code = codeOf(error);
    // A file in its place shows further on.
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    return refuse(path, error);
  }
  if (!isDirectory) throw new HostError('unavailable', `${path} is not a folder`);
  return true;
}

/** @throws HostError no-permission, unavailable */
export function refuse(path: string, error: unknown): never {
  const code = codeOf(error);
  const forbidden = code === 'EACCES' || code === 'EPERM';
  const reason = REASONS[code] ?? (error instanceof Error ? error.message : code);
  const message = `the folder ${path} cannot be made: ${reason}`;
  throw new HostError(forbidden ? 'no-permission' : 'unavailable', message, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is exceeded',
  ENOENT: 'no folder can be made there',
  EEXIST: 'there is something else of that name',
};
