/** A domain's folder, and what may be said of its domain and done to it from here. */
import { HostError } from '@mig/hypervisor';
import { lstatSync, readFileSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { domainFiles, knownFiles } from './domain-files.js';
import { listens } from './domain-socket.js';
import { codeOf, isMissing } from './error-code.js';
import {
  livenessOf,
  type NotedIdentity,
  type ProcessIdentity,
  readIdentity,
  UnreadableError,
} from './process-identity.js';

export type Presence =
  /** Its process is seen to be alive. */
  | { readonly kind: 'alive'; readonly owner: ProcessIdentity }
  /** Its process answers, but cannot be seen. */
  | { readonly kind: 'answers'; readonly reason: string }
  /** It cannot be said. It may be alive: its name stays taken, and nothing of it is removed. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** For certain. */
  | { readonly kind: 'dead'; readonly owner: NotedIdentity }
  /** Nobody has noted a process there yet, or it is being removed. */
  | { readonly kind: 'unclaimed' }
  /** No folder of mig's. */
  | { readonly kind: 'foreign' };

/** Looks, and changes nothing. */
export function presenceOf(folder: string): Presence {
  try {
    const found = lstatSync(folder);
    if (!found.isDirectory() || found.uid !== process.geteuid?.()) return { kind: 'foreign' };
  } catch (error) {
    if (isMissing(error)) return { kind: 'unclaimed' };
    return { kind: 'unknown', reason: `${folder} cannot be read (${codeOf(error)})` };
  }
  try {
    const noted = readIdentity(join(folder, domainFiles.process));
    if (noted === undefined) return { kind: 'unclaimed' };
    return noted === 'foreign' ? { kind: 'foreign' } : presenceOfProcess(folder, noted);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return unseen(folder, error.message);
  }
}

function presenceOfProcess(folder: string, noted: NotedIdentity): Presence {
  const liveness = livenessOf(noted);
  switch (liveness.verdict) {
    case 'alive':
      // What is not noted cannot be found alive.
      return { kind: 'alive', owner: noted as ProcessIdentity };
    case 'dead':
      return { kind: 'dead', owner: noted };
    case 'unknown':
      return unseen(folder, liveness.reason);
  }
}

function unseen(folder: string, reason: string): Presence {
  return { kind: listens(folder) ? 'answers' : 'unknown', reason };
}

/**
 * Removes the files that mig knows, process.json last, and the folder unless somebody else's files are in it.
 * Only for a domain that is dead for certain, or one that this process was about to create; under the host's lock.
 * @throws HostError where a file stays that is mig's
 */
export function removeDomainFolder(folder: string): void {
  for (const name of knownFiles) unlink(join(folder, name));
  unlink(join(folder, domainFiles.process));
  removeIfEmpty(folder);
}

/** Removes a folder that nothing is in; what was put in it keeps it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw notRemoved(folder, error);
  }
}

function unlink(path: string): void {
  try {
    // A folder of that name is nothing that mig has made.
    if (!lstatSync(path).isDirectory()) unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw notRemoved(path, error);
  }
}

function notRemoved(path: string, cause: unknown): HostError {
  const code = codeOf(cause);
  const isForbidden = code === 'EACCES' || code === 'EPERM';
  const message = `${path} cannot be removed (${code})`;
  return new HostError(isForbidden ? 'no-permission' : 'unavailable', message, { cause });
}

/**
 * Reads one of a domain's files.
 * @returns undefined where there is none
 * @throws HostError unavailable
 */
export function readDomainFile(path: string, domid: number): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    const message = `domain ${domid}: ${path} cannot be read (${codeOf(error)})`;
    throw new HostError('unavailable', message, { domid, cause: error });
  }
}
