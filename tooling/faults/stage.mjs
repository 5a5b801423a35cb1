// A host of the campaign: looked at in this process, without a toolstack of its own.
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { lockDescriptor } from '@mig/posix';
import { remnantsIn } from '../host-files.mjs';
import { busyGuest, idleGuest, UUID } from './guests.mjs';
import { MEMORY } from './injection-points.mjs';
import { comesTrue, commandOf, send, stateOf } from './processes.mjs';

/** Milliseconds between the end of a domain's folder and of its process, at most. */
const ENDING = 5000;

const domainFiles = [
  'configuration.json',
  'console.log',
  'control.sock',
  'kernel.wasm',
  'process.json',
  'process.log',
];

/** @import { DomainInfo } from '@mig/hypervisor' */

/**
 * A domain as in `xl list`.
 * @typedef {Pick<DomainInfo, 'domid' | 'name' | 'logDirty' | 'standing' | 'epoch'> & {
 *   state: 'running' | 'paused' | 'suspended' | 'crashed' }} StageDomain
 */
/** @typedef {{ domid: number, pid: number }} Living a domain whose process lives */

export class StageHost {
  /** @type {Set<number>} */
  #stopped = new Set();
  /** @type {number | undefined} */
  #lock;

  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.host = EmbeddedHost.open(folder);
  }

  /** @param {string} name */
  create(name) {
    return this.#create(name, busyGuest);
  }

  /**
   * Creates a domain that only has the name.
   * @param {string} name
   */
  createDecoy(name) {
    this.#create(name, idleGuest);
  }

  /** @param {string} name @param {import('./guests.mjs').Guest} guest */
  #create(name, guest) {
    const configuration = {
      c_info: { type: 'wasm', name, ...(guest === busyGuest && { uuid: UUID }) },
      b_info: { ...guest, max_memkb: MEMORY * 1024 },
    };
    return this.host.create(JSON.stringify(configuration), { paused: false });
  }

  /**
   * Lists all domains but the decoys.
   * @returns {StageDomain[]}
   */
  domains() {
    return this.host
      .list()
      .filter(({ domid }) => !this.isDecoy(domid))
      .map(({ domid, name, state, logDirty, standing, epoch }) => ({
        domid,
        name,
        state: wordOf(state),
        logDirty,
        standing,
        epoch,
      }));
  }

  /**
   * Tells whether a domain is not the guest, but has its name or its UUID.
   * @param {number} domid
   */
  isDecoy(domid) {
    try {
      const { b_info: build } = JSON.parse(readFileSync(this.#path(domid, 'configuration.json'), 'utf8'));
      return build.kernel === idleGuest.kernel;
    } catch {
      return false;
    }
  }

  destroyDecoys() {
    for (const domid of this.domids()) if (this.isDecoy(domid)) this.host.destroy(domid);
  }

  /** Paths of the guest's consoles, in each of its domains so far; asks no process. */
  consoles() {
    return this.domids()
      .filter((domid) => !this.isDecoy(domid))
      .map((domid) => this.consoleOf(domid))
      .filter((path) => existsSync(path));
  }

  /** @param {number} domid */
  consoleOf(domid) {
    return this.#path(domid, 'console.log');
  }

  /** Pid of the newest domain; undefined while its toolstack keeps its place. */
  newestPid() {
    const domids = this.domids().filter((domid) => !this.isDecoy(domid));
    const pid = this.#identity(Math.max(...domids))?.pid;
    return pid !== undefined && commandOf(pid).includes('bin/domain.cjs') ? pid : undefined;
  }

  /** Domids whose folder exists. */
  domids() {
    return readdirSync(join(this.folder, 'domains')).map(Number);
  }

  /** @param {number} domid @returns {{ pid: number } | undefined} */
  #identity(domid) {
    try {
      return JSON.parse(readFileSync(this.#path(domid, 'process.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** @param {number} domid @param {string} file */
  #path(domid, file) {
    return join(this.folder, 'domains', String(domid), file);
  }

  /** Stops a domain's process. @param {number} pid */
  stop(pid) {
    this.#stopped.add(pid);
    send(pid, 'SIGSTOP');
  }

  continue() {
    for (const pid of this.#stopped) send(pid, 'SIGCONT');
    this.#stopped.clear();
  }

  /** Takes the host's lock: taking or changing a name must wait. */
  lock() {
    this.#lock = openSync(join(this.folder, 'lock'), 'a');
    lockDescriptor(this.#lock);
  }

  unlock() {
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  /** Pids that may be there: those of its domains. */
  pids() {
    return this.domids().map((domid) => this.pidOf(domid));
  }

  /** @param {number} domid */
  pidOf(domid) {
    return this.#identity(domid)?.pid;
  }

  /**
   * Lists domains whose process lives, for `robbed` later.
   * @returns {Living[]}
   */
  living() {
    return this.domids().flatMap((domid) => {
      const pid = this.pidOf(domid);
      return pid !== undefined && stateOf(pid) !== undefined ? [{ domid, pid }] : [];
    });
  }

  /**
   * Finds, among those that were living, the domains whose folder somebody else has removed: they live on
   * without it. A domain that ends removes its folder itself, and is waited for, because its process ends a
   * point later.
   * @param {readonly Living[]} living
   */
  async robbed(living) {
    const homeless = () =>
      living.filter(({ domid, pid }) => stateOf(pid) !== undefined && !this.domids().includes(domid));
    await comesTrue(() => homeless().length === 0, ENDING);
    return homeless();
  }

  /** Lists files that should not be there, and messages of domains' processes. Call after `domains`. */
  remnants() {
    const own = remnantsIn(this.folder);
    const away = this.domains().filter(({ standing }) => ['sent', 'away'].includes(standing));
    const theirs = this.domids().flatMap((domid) => {
      const said = this.#textOf(domid, 'process.log');
      // The destination is remembered as long as the domain is away.
      const due = away.some((each) => each.domid === domid) ? [...domainFiles, 'elsewhere'] : domainFiles;
      return [
        ...readdirSync(this.#path(domid, '')).filter((name) => !due.includes(name)),
        ...(said === '' ? [] : [`the process of domain ${domid} said: ${said}`]),
      ];
    });
    return [...own, ...theirs];
  }

  /** @param {number} domid @param {string} file */
  #textOf(domid, file) {
    try {
      return readFileSync(this.#path(domid, file), 'utf8').trim();
    } catch {
      return '';
    }
  }
}

/** @param {DomainInfo['state']} state @returns {StageDomain['state']} */
function wordOf({ paused, suspended, crashed }) {
  if (crashed) return 'crashed';
  if (suspended) return 'suspended';
  return paused ? 'paused' : 'running';
}
