/**
 * Layout of a host's folder:
 *
 *     mig-host      says that it is one: see host-mark.ts
 *     lock          held while a domid, a name or a UUID is taken, and while something is removed
 *     next-domid    counts up, and begins anew after the largest
 *     cordon.json, arrivals/ see @mig/hypervisor/host-arrivals
 *     domains/DOMID/ see domain-files.ts
 *
 * What cannot be read is never taken for what is not there, and a domain is removed only if it is dead for certain.
 */
import { HostError } from '@mig/hypervisor';
import { HostArrivals } from '@mig/hypervisor/host-arrivals';
import { tryLockDescriptor } from '@mig/posix';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DomainConfiguration, LARGEST_DOMID, parseConfiguration } from './configuration.js';
import { domainFiles } from './domain-files.js';
import {
  readDomainFile,
  removeDomainFolder,
  removeIfEmpty,
  type Presence,
  presenceOf,
} from './domain-folder.js';
import { codeOf, isMissing } from './error-code.js';
import { HostLock } from './host-lock.js';
import { checkOwner, markHost } from './host-mark.js';
import { makeFolders } from './make-folders.js';
import {
  isSameProcess,
  type NotedIdentity,
  ownIdentity,
  type ProcessIdentity,
  writeIdentity,
} from './process-identity.js';
import { replaceFile } from './replace-file.js';

/** The content of the file `elsewhere` for a domain that has arrived and was not started yet. */
const ARRIVING = 'arriving';

export class HostFolder {
  readonly arrivals: HostArrivals;
  readonly #lock: HostLock;

  /**
   * @param path the folder, created for this user alone if it is missing
   * @throws HostError `no-permission`, also for another user's folder; `unavailable`, for example where it
   * holds other files
   */
  constructor(readonly path: string) {
    makeFolders(path);
    markHost(path);
    const domains = join(path, 'domains');
    makeFolders(domains);
    checkOwner(domains);
    const lock = (this.#lock = new HostLock(join(path, 'lock')));
    this.arrivals = new HostArrivals({
      folder: path,
      locked: (action) => lock.locked(action),
      tryLock: tryLockDescriptor,
    });
  }

  /** The path of one of a domain's files, or of its folder. */
  pathOf(domid: number, file: keyof typeof domainFiles | '' = ''): string {
    return join(this.path, 'domains', String(domid), file === '' ? '' : domainFiles[file]);
  }

  /** Lists the domains that are alive or may be, in order; removes the rest of dead ones. */
  domids(): number[] {
    // Removing dead ones is not urgent: it waits at most a moment for the lock.
    let isBusy = false;
    const tidyIfFree = (tidy: () => boolean): boolean => {
      const held = isBusy ? undefined : this.#lock.ifFree(tidy);
      isBusy ||= held === undefined;
      return held ?? false;
    };
    return this.#numbers().filter((domid) => this.#isHeld(domid, tidyIfFree));
  }

  /**
   * Finds the process of a domain.
   * @throws HostError `no-such-domain`; `unavailable` where the process cannot be seen from here
   */
  owner(domid: number): ProcessIdentity {
    const presence = this.#presence(domid);
    if (presence.kind === 'alive') return presence.owner;
    return presence.kind === 'answers' ? unseen(domid, presence.reason) : noSuchDomain(domid);
  }

  /** @throws HostError `no-such-domain`; `unavailable` where that is unknown */
  checkThere(domid: number): void {
    const { kind } = this.#presence(domid);
    if (kind !== 'alive' && kind !== 'answers') noSuchDomain(domid);
  }

  /**
   * Reads the process that is noted for a domain, dead or alive.
   * @throws HostError `unavailable`
   */
  noted(domid: number): NotedIdentity | undefined {
    const presence = this.#presence(domid);
    if (presence.kind === 'answers') unseen(domid, presence.reason);
    return presence.kind === 'alive' || presence.kind === 'dead' ? presence.owner : undefined;
  }

  /**
   * @returns undefined if there is no such domain
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
   * Adds a domain: takes a domid, the configuration's name, and its UUID unless the domain comes from
   * another host, which has it. Until the domain's process is noted, the folder belongs to this process.
   * @throws HostError name-taken, uuid-taken, domid-taken, unavailable where all domids are taken
   */
  add(configuration: DomainConfiguration, { fromHost = false } = {}): number {
    return this.#lock.locked(() => {
      this.#checkName(configuration.name);
      if (!fromHost) this.#checkUuid(configuration.uuid);
      const creator = ownIdentity();
      const domid = this.#takeDomid(configuration.domid);
      mkdirSync(this.pathOf(domid), { mode: 0o700 });
      try {
        writeIdentity(this.pathOf(domid, 'process'), creator);
        if (fromHost) replaceFile(this.pathOf(domid, 'elsewhere'), ARRIVING);
        this.#writeConfiguration(domid, configuration);
      } catch (error) {
        removeDomainFolder(this.pathOf(domid));
        throw error;
      }
      return domid;
    });
  }

  /**
   * Renames a domain. Only the domain's own process may.
   * @param check is called under the lock, and throws if the request is not wanted any more; the same in
   * the methods below
   * @throws HostError name-taken
   */
  rename(domid: number, name: string, check: () => void): Promise<void> {
    return this.#lock.soonLocked(() => {
      check();
      this.#rename(domid, name);
    });
  }

  /**
   * Notes that the domain's UUID may run elsewhere, and gives the domain the name that says so. See
   * `rename`.
   */
  leave(domid: number, name: string, sentTo: string, check: () => void): Promise<void> {
    return this.#lock.soonLocked(() => {
      check();
      const path = this.pathOf(domid, 'elsewhere');
      replaceFile(path, `sent to ${sentTo}`);
      try {
        this.#rename(domid, name);
      } catch (error) {
        rmSync(path, { force: true });
        throw error;
      }
    });
  }

  /**
   * Makes a domain that has arrived, or was sent away, one of this host. See `rename`.
   * @param name the new name; the present one by default
   * @throws HostError name-taken, uuid-taken; then nothing has changed
   */
  settle(domid: number, check: () => void, name?: string): Promise<void> {
    return this.#lock.soonLocked(() => {
      check();
      const { uuid } = this.configuration(domid) ?? noSuchDomain(domid);
      this.#checkUuid(uuid, domid);
      if (name !== undefined) this.#rename(domid, name);
      rmSync(this.pathOf(domid, 'elsewhere'), { force: true });
    });
  }

  /**
   * Acts on a domain that does not answer, under the lock: so it cannot be sent away at that time.
   * @throws HostError `held` where it was sent already: only its process knows whether it may be taken back
   */
  whileHere(domid: number, { pid }: ProcessIdentity, action: () => void): void {
    this.#lock.locked(() => {
      const elsewhere = this.#elsewhere(domid);
      if (elsewhere === undefined || elsewhere === ARRIVING) return action();
      const message =
        `domain ${domid} was sent to another host, and its process ${pid} does not answer: its migration may still take it ` +
        `back; where no migration is at work, end that process`;
      throw new HostError('held', message, { domid });
    });
  }

  /**
   * Removes the rest of a domain. Another that has got its domid since stays.
   * @param owner the result of `noted`: certainly dead by now, or this process, which was about to create
   * the domain
   * @throws HostError `unavailable` where it is not dead
   */
  remove(domid: number, owner: NotedIdentity): void {
    // If others have the lock, the next process that looks removes it.
    this.#lock.ifFree(() => {
      const presence = this.#presence(domid);
      if (presence.kind === 'unclaimed') return removeIfEmpty(this.pathOf(domid));
      if (presence.kind !== 'dead' && presence.kind !== 'alive') return;
      if (!isSameProcess(presence.owner, owner)) return;
      if (presence.kind === 'dead' || isSameProcess(owner, ownIdentity())) {
        return removeDomainFolder(this.pathOf(domid));
      }
      throw new HostError('unavailable', `process ${owner.pid} of domain ${domid} is alive`, { domid });
    });
  }

  #writeConfiguration(domid: number, { json }: DomainConfiguration): void {
    replaceFile(this.pathOf(domid, 'configuration'), `${json}\n`);
  }

  #rename(domid: number, name: string): void {
    const configuration = this.configuration(domid) ?? noSuchDomain(domid);
    if (configuration.name !== name) this.#checkName(name);
    this.#writeConfiguration(domid, parseConfiguration(configuration.json, { name }));
  }

  #checkName(name: string): void {
    for (const domid of this.#heldLocked()) {
      if (this.configuration(domid)?.name !== name) continue;
      throw new HostError('name-taken', `there is a domain called ${name} already, domid ${domid}`, {
        domid,
      });
    }
  }

  /**
   * Checks a UUID.
   * @param own the domain that wants it; without one, a domain that is known to be elsewhere conflicts, too
   * @throws HostError uuid-taken
   */
  #checkUuid(uuid: string, own?: number): void {
    for (const domid of this.#heldLocked()) {
      const elsewhere = this.#elsewhere(domid);
      if (domid === own || (own !== undefined && elsewhere !== undefined)) continue;
      const other = this.configuration(domid);
      if (other?.uuid.toLowerCase() !== uuid.toLowerCase()) continue;
      throw new HostError(
        'uuid-taken',
        `domain ${other.name}, domid ${domid}, is this very domain (UUID ${uuid}) and ${whereabouts(elsewhere)}`,
        { domid },
      );
    }
  }

  /**
   * Reads the file `elsewhere`.
   * @returns where the domain was sent, or nothing if it is arriving; undefined for a domain of this host
   */
  #elsewhere(domid: number): string | undefined {
    return readDomainFile(this.pathOf(domid, 'elsewhere'), domid);
  }

  /**
   * Chooses a domid as Xen does: the next free one, starting again from 1 after the largest; a requested
   * one does not move the counter.
   */
  #takeDomid(wanted: number | undefined): number {
    const counter = join(this.path, 'next-domid');
    const held = this.#heldLocked();
    // Any entry of that name counts, even a foreign file.
    const taken = new Set(this.#numbers());
    if (wanted !== undefined) {
      if (!taken.has(wanted)) return wanted;
      const message = held.includes(wanted)
        ? `there is a domain with domid ${wanted} already`
        : `domid ${wanted} cannot be given: ${this.pathOf(wanted)} is there already`;
      throw new HostError('domid-taken', message, { domid: wanted });
    }
    if (taken.size === LARGEST_DOMID) {
      throw new HostError('unavailable', `${this.path}: all ${LARGEST_DOMID} domids are taken`);
    }
    let domid = within(readCounter(counter) ?? Math.max(0, ...held) + 1);
    while (taken.has(domid)) domid = within(domid + 1);
    replaceFile(counter, String(within(domid + 1)));
    return domid;
  }

  /** Names in the domains' folder that could be domids. */
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

  /**
   * Finds a domain's presence.
   * @throws HostError `unavailable` where it is unknown
   */
  #presence(domid: number): Exclude<Presence, { kind: 'unknown' }> {
    const presence = presenceOf(this.pathOf(domid));
    if (presence.kind !== 'unknown') return presence;
    const message = `whether domain ${domid} is alive cannot be seen from here: ${presence.reason}`;
    throw new HostError('unavailable', message, { domid });
  }

  /** Lists domids like `domids`, under a lock that is held already. */
  #heldLocked(): number[] {
    return this.#numbers().filter((domid) => this.#isHeld(domid, (tidy) => tidy()));
  }

  /** @returns whether a domain that is or may be alive has the domid */
  #isHeld(domid: number, locked: (tidy: () => boolean) => boolean): boolean {
    const folder = this.pathOf(domid);
    const presence = presenceOf(folder);
    if (isHeld(presence)) return true;
    if (presence.kind === 'foreign') return false;
    if (presence.kind === 'unclaimed' && !isEmpty(folder)) return false;
    // Looked at again under the lock: otherwise `add` may be under way.
    return locked(() => this.#tidy(folder));
  }

  #tidy(folder: string): boolean {
    const presence = presenceOf(folder);
    if (isHeld(presence)) return true;
    try {
      if (presence.kind === 'dead') removeDomainFolder(folder);
      if (presence.kind === 'unclaimed') removeIfEmpty(folder);
    } catch (error) {
      // The domain is dead anyway; the next look tries again.
      if (!(error instanceof HostError)) throw error;
    }
    return false;
  }
}

function whereabouts(elsewhere: string | undefined): string {
  if (elsewhere === undefined) return 'is here already';
  return elsewhere === ARRIVING ? 'is arriving here' : 'was sent to another host, which may be running it';
}

function within(domid: number): number {
  return domid > LARGEST_DOMID ? 1 : domid;
}

/** @returns undefined if there is no counter yet, or the file (after a full disk, say) holds no number */
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

function isHeld({ kind }: Presence): boolean {
  return kind === 'alive' || kind === 'answers' || kind === 'unknown';
}

/** @returns false also where it is unknown */
function isEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0;
  } catch {
    // A folder that may not be empty stays.
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
