/**
 * A host's folder:
 *
 *     lock          held while a domid or a name is taken
 *     next-domid    counts up: a domid is never given twice
 *     domains/DOMID/ see domain-files.ts
 */
import { HostError, type RenameOptions } from '@mig/hypervisor';
import { lockDescriptor } from '@mig/posix';
import {
  closeSync,
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
import { makeFolders } from './make-folders.js';
import { identityOf, isAlive, readIdentity, writeIdentity } from './process-identity.js';

export class HostFolder {
  /**
   * @param path made where it is missing, for this user only
   * @throws HostError no-permission, unavailable
   */
  constructor(readonly path: string) {
    makeFolders(join(path, 'domains'));
  }

  /** Of one of a domain's files, or of its folder. */
  pathOf(domid: number, file: keyof typeof domainFiles | '' = ''): string {
    return join(this.path, 'domains', String(domid), file === '' ? '' : domainFiles[file]);
  }

  /** Those whose process is alive, in order; what dead ones left is cleaned away. */
  domids(): number[] {
    return this.#folders().filter((domid) => this.#isAlive(domid) || !this.#bury(domid));
  }

  /** @returns undefined where there is no such domain */
  configuration(domid: number): DomainConfiguration | undefined {
    let json: string;
    try {
      json = readFileSync(this.pathOf(domid, 'configuration'), 'utf8');
    } catch {
      return undefined;
    }
    return parseConfiguration(json);
  }

  /**
   * Takes a domid and the configuration's name. Until the domain's process puts itself in its place, the folder
   * belongs to this process.
   * @throws HostError name-taken, domid-taken, unavailable where all domids have been given
   */
  add(configuration: DomainConfiguration): number {
    return this.#locked(() => {
      this.#checkName(configuration.name);
      const domid = this.#takeDomid(configuration.domid);
      mkdirSync(this.pathOf(domid), { mode: 0o700 });
      writeIdentity(this.pathOf(domid, 'process'), identityOf('self')!);
      this.#writeConfiguration(domid, configuration);
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
    try {
      return readFileSync(this.pathOf(domid, 'sentTo'), 'utf8');
    } catch {
      return undefined;
    }
  }

  remove(domid: number): void {
    rmSync(this.pathOf(domid), { recursive: true, force: true });
  }

  #writeConfiguration(domid: number, { json }: DomainConfiguration): void {
    replaceFile(this.pathOf(domid, 'configuration'), `${json}\n`);
  }

  #checkName(name: string): void {
    for (const domid of this.#aliveLocked()) {
      if (this.configuration(domid)?.name !== name) continue;
      throw new HostError('name-taken', `there is a domain called ${name} already, domid ${domid}`, {
        domid,
      });
    }
  }

  #takeDomid(wanted: number | undefined): number {
    const counter = join(this.path, 'next-domid');
    const next = readCounter(counter) ?? Math.max(0, ...this.#folders()) + 1;
    if (wanted !== undefined && this.#aliveLocked().includes(wanted)) {
      throw new HostError('domid-taken', `there is a domain with domid ${wanted} already`, { domid: wanted });
    }
    const domid = wanted ?? next;
    if (domid > LARGEST_DOMID) {
      throw new HostError('unavailable', `${this.path}: all domids up to ${LARGEST_DOMID} have been given`);
    }
    replaceFile(counter, String(Math.max(next, domid + 1)));
    return domid;
  }

  #folders(): number[] {
    const names = readdirSync(join(this.path, 'domains')).filter((name) => /^[0-9]+$/.test(name));
    return names.map(Number).sort((a, b) => a - b);
  }

  #isAlive(domid: number): boolean {
    const identity = readIdentity(this.pathOf(domid, 'process'));
    return identity !== undefined && isAlive(identity);
  }

  /** @returns whether it was dead for certain: a look without the lock may come in the middle of `add` */
  #bury(domid: number): boolean {
    return this.#locked(() => {
      if (this.#isAlive(domid)) return false;
      this.remove(domid);
      return true;
    });
  }

  /** Like `domids`, where the lock is held already. */
  #aliveLocked(): number[] {
    return this.#folders().filter((domid) => {
      if (this.#isAlive(domid)) return true;
      this.remove(domid);
      return false;
    });
  }

  #locked<T>(action: () => T): T {
    const fd = openSync(join(this.path, 'lock'), 'a', 0o600);
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
  } catch {
    return undefined;
  }
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : undefined;
}

export function noSuchDomain(domid: number): never {
  throw new HostError('no-such-domain', `there is no domain with domid ${domid}`, { domid });
}
