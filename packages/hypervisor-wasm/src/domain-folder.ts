/** A domain's folder: what can be found out about the domain and done to it from here. */
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
  /** The domain's process is seen alive. */
  | { readonly kind: 'alive'; readonly owner: ProcessIdentity }
  /** The domain's process answers, but cannot be seen. */
  | { readonly kind: 'answers'; readonly reason: string }
  /** Unknown. The domain may be alive: its name stays taken, and nothing of it is removed. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The domain's process is certainly gone. */
  | { readonly kind: 'dead'; readonly owner: NotedIdentity }
  /** No process is noted yet, or the folder is being removed. */
  | { readonly kind: 'unclaimed' }
  /** The folder is not mig's. */
  | { readonly kind: 'foreign' };

/** Finds a domain's presence without changing anything. */
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
      // Only a noted process can be found alive.
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
 * Removes the files that mig knows, process.json last, and the folder unless it holds other files.
 * Only for a domain that is certainly dead, or one that this process was about to create; under the host's
 * lock.
 * @throws HostError where one of mig's files stays
 */
export function removeDomainFolder(folder: string): void {
  for (const name of knownFiles) unlink(join(folder, name));
  unlink(join(folder, domainFiles.process));
  removeIfEmpty(folder);
}

/** Removes a folder if it is empty; foreign files keep it. */
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
    // A folder of that name was not made by mig.
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
