/**
 * A host's folder:
 *
 *     mig-host      says that it is one: see host-mark.ts
 *     lock          held while a domid or a name is taken, and while something is removed
 *     next-domid    counts up: a domid is never given twice
 *     domains/DOMID/ see domain-files.ts
 *
 * What cannot be read is never taken for what is not there, and a domain is removed only if it is dead for certain.
 */
import { HostError, type RenameOptions } from '@mig/hypervisor';
import { lockDescriptor } from '@mig/posix';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type DomainConfiguration, LARGEST_DOMID, parseConfiguration } from './configuration.js';
import { domainFiles } from './domain-files.js';
import {
  readDomainFile,
  removeDomainFolder,
  removeIfEmpty,
  type Standing,
  standingOf,
} from './domain-folder.js';
import { codeOf, isMissing } from './error-code.js';
import { checkOwner, markHost } from './host-mark.js';
import { makeFolders } from './make-folders.js';
import {
  isSameProcess,
  type NotedIdentity,
  ownIdentity,
  type ProcessIdentity,
  writeIdentity,
} from './process-identity.js';

export class HostFolder {
  /**
   * @param path made where it is missing, for this user only
   * @throws HostError `no-permission`, for another user's folder too; `unavailable`, where it holds other files say
   */
  constructor(readonly path: string) {
    makeFolders(path);
    markHost(path);
    const domains = join(path, 'domains');
    makeFolders(domains);
    checkOwner(domains);
  }

  /** Of one of a domain's files, or of its folder. */
  pathOf(domid: number, file: keyof typeof domainFiles | '' = ''): string {
    return join(this.path, 'domains', String(domid), file === '' ? '' : domainFiles[file]);
  }

  /** Lists those that are alive or may be, in order; what is left of dead ones is removed. */
  domids(): number[] {
    return this.#numbers().filter((domid) => this.#isHeld(domid, (tidy) => this.#locked(tidy)));
  }

  /**
   * Finds the process that a domain lives in.
   * @throws HostError `no-such-domain`; `unavailable` where the process cannot be seen from here
   */
  owner(domid: number): ProcessIdentity {
    const standing = this.#standing(domid);
    if (standing.kind === 'alive') return standing.owner;
    return standing.kind === 'answers' ? unseen(domid, standing.reason) : noSuchDomain(domid);
  }

  /** @throws HostError `no-such-domain`; `unavailable` where that cannot be said */
  checkThere(domid: number): void {
    const { kind } = this.#standing(domid);
    if (kind !== 'alive' && kind !== 'answers') noSuchDomain(domid);
  }

  /** Finds the process that is noted for a domain, dead or alive. @throws HostError `unavailable` */
  noted(domid: number): NotedIdentity | undefined {
    const standing = this.#standing(domid);
    if (standing.kind === 'answers') unseen(domid, standing.reason);
    return standing.kind === 'alive' || standing.kind === 'dead' ? standing.owner : undefined;
  }

  /**
   * @returns undefined where there is no such domain
   * @throws HostError `unavailable` where it cannot be read
   */
  configuration(domid: number): DomainConfiguration | undefined {
    const path = this.pathOf(domid, 'configuration');
    const json = readDomainFile(path, domid);
    if (json === undefined) return undefined;
    try {
      return parseConfiguration(json);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      const message = `domain ${domid}: ${path} is damaged: ${error.message}`;
      throw new HostError('unavailable', message, { domid, cause: error });
    }
  }

  /**
   * Takes a domid and the configuration's name. Until the domain's process puts itself in its place, the folder
   * belongs to this process.
   * @throws HostError name-taken, domid-taken, unavailable where all domids have been given
   */
  add(configuration: DomainConfiguration): number {
    return this.#locked(() => {
      this.#checkName(configuration.name);
      const creator = ownIdentity();
      const domid = this.#takeDomid(configuration.domid);
      mkdirSync(this.pathOf(domid), { mode: 0o700 });
      try {
        writeIdentity(this.pathOf(domid, 'process'), creator);
        this.#writeConfiguration(domid, configuration);
      } catch (error) {
        removeDomainFolder(this.pathOf(domid));
        throw error;
      }
      return domid;
    });
  }

  /** @throws HostError name-taken, no-such-domain */
  rename(domid: number, name: string, { sentTo }: RenameOptions = {}): void {
    this.#locked(() => {
      const configuration = this.configuration(domid) ?? noSuchDomain(domid);
      if (configuration.name !== name) this.#checkName(name);
      const renamed = parseConfiguration(configuration.json, { name });
      const path = this.pathOf(domid, 'sentTo');
      // In this order: if it is cut short, a name too many has the note, and never one too few.
      if (sentTo !== undefined) replaceFile(path, sentTo);
      this.#writeConfiguration(domid, renamed);
      if (sentTo === undefined) rmSync(path, { force: true });
    });
  }

  /** What `rename` was last given for it. */
  sentTo(domid: number): string | undefined {
    return readDomainFile(this.pathOf(domid, 'sentTo'), domid);
  }

  /**
   * Removes what is left of a domain. One that has got its domid meanwhile stays.
   * @param owner what `noted` said: dead for certain by now, or this process, which was about to create it
   * @throws HostError `unavailable` where it is not
   */
  remove(domid: number, owner: NotedIdentity): void {
    this.#locked(() => {
      const standing = this.#standing(domid);
      if (standing.kind === 'unclaimed') return removeIfEmpty(this.pathOf(domid));
      if (standing.kind !== 'dead' && standing.kind !== 'alive') return;
      if (!isSameProcess(standing.owner, owner)) return;
      if (standing.kind === 'dead' || isSameProcess(owner, ownIdentity())) {
        return removeDomainFolder(this.pathOf(domid));
      }
      throw new HostError('unavailable', `process ${owner.pid} of domain ${domid} is alive`, { domid });
    });
  }

  #writeConfiguration(domid: number, { json }: DomainConfiguration): void {
    replaceFile(this.pathOf(domid, 'configuration'), `${json}\n`);
  }

  #checkName(name: string): void {
    for (const domid of this.#heldLocked()) {
      if (this.configuration(domid)?.name !== name) continue;
      throw new HostError('name-taken', `there is a domain called ${name} already, domid ${domid}`, {
        domid,
      });
    }
  }

  #takeDomid(wanted: number | undefined): number {
    const counter = join(this.path, 'next-domid');
    const held = this.#heldLocked();
    let next = readCounter(counter) ?? Math.max(0, ...held) + 1;
    // Whatever has that name, a file of somebody else's say.
    while (this.#isTaken(next)) next++;
    if (wanted !== undefined && this.#isTaken(wanted)) {
      const message = held.includes(wanted)
        ? `there is a domain with domid ${wanted} already`
        : `domid ${wanted} cannot be given: ${this.pathOf(wanted)} is there already`;
      throw new HostError('domid-taken', message, { domid: wanted });
    }
    const domid = wanted ?? next;
    if (domid > LARGEST_DOMID) {
      throw new HostError('unavailable', `${this.path}: all domids up to ${LARGEST_DOMID} have been given`);
    }
    replaceFile(counter, String(Math.max(next, domid + 1)));
    return domid;
  }

  #isTaken(domid: number): boolean {
    try {
      lstatSync(this.pathOf(domid));
      return true;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  /** The names in the folder of the domains that could be domids. */
  #numbers(): number[] {
    const path = join(this.path, 'domains');
    let names: string[];
    try {
      names = readdirSync(path);
    } catch (error) {
      throw new HostError('unavailable', `${path} cannot be read (${codeOf(error)})`, { cause: error });
    }
    const numbers = names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);
    return numbers.filter((number) => number <= LARGEST_DOMID).sort((a, b) => a - b);
  }

  /** @throws HostError `unavailable` where it is unknown */
  #standing(domid: number): Exclude<Standing, { kind: 'unknown' }> {
    const standing = standingOf(this.pathOf(domid));
    if (standing.kind !== 'unknown') return standing;
    const message = `whether domain ${domid} is alive cannot be seen from here: ${standing.reason}`;
    throw new HostError('unavailable', message, { domid });
  }

  /** Like `domids`, where the lock is held already. */
  #heldLocked(): number[] {
    return this.#numbers().filter((domid) => this.#isHeld(domid, (tidy) => tidy()));
  }

  /** @returns whether a domain that is alive, or may be, has the domid */
  #isHeld(domid: number, locked: (tidy: () => boolean) => boolean): boolean {
    const folder = this.pathOf(domid);
    const standing = standingOf(folder);
    if (isHeld(standing)) return true;
    if (standing.kind === 'foreign') return false;
    if (standing.kind === 'unclaimed' && !isEmpty(folder)) return false;
    // Looked at again under the lock: without it, it may be in the middle of `add`.
    return locked(() => this.#tidy(folder));
  }

  #tidy(folder: string): boolean {
    const standing = standingOf(folder);
    if (isHeld(standing)) return true;
    try {
      if (standing.kind === 'dead') removeDomainFolder(folder);
      if (standing.kind === 'unclaimed') removeIfEmpty(folder);
    } catch (error) {
      // It is dead all the same, and the next look tries again.
      if (!(error instanceof HostError)) throw error;
    }
    return false;
  }

  #locked<T>(action: () => T): T {
    const path = join(this.path, 'lock');
    let fd: number;
    try {
      fd = openSync(path, 'a', 0o600);
    } catch (error) {
      throw new HostError('unavailable', `${path} cannot be opened (${codeOf(error)})`, { cause: error });
    }
    try {
      lockDescriptor(fd);
      return action();
    } finally {
      closeSync(fd);
    }
  }
}

/** Whole or not at all. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** @returns undefined where there is none yet, or what a full disk, say, has left of it is no number */
function readCounter(path: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new HostError('unavailable', `${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : undefined;
}

function isHeld({ kind }: Standing): boolean {
  return kind === 'alive' || kind === 'answers' || kind === 'unknown';
}

/** @returns false also where that cannot be said */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // What is not known to be empty stays.
    return false;
  }
}

function unseen(domid: number, reason: string): never {
  const message = `domain ${domid} answers, but its process cannot be seen from here: ${reason}`;
  throw new HostError('unavailable', message, { domid });
}

export function noSuchDomain(domid: number): never {
  throw new HostError('no-such-domain', `there is no domain with domid ${domid}`, { domid });
}
