// A host on the stage: looked at in this process, without a toolstack of its own.
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { lockDescriptor } from '@mig/posix';
import { remnantsIn } from '../host-files.mjs';
import { MEMORY } from './moments.mjs';
import { commandOf, send } from './processes.mjs';

/** Small enough to move in no time, busy enough to be dirty whenever somebody looks. */
const busyGuest = { kernel: 'wss', cmdline: 'pages=100 rate=5000 pattern=random' };
const idleGuest = { kernel: 'idle', cmdline: '' };

const domainFiles = [
  'configuration.json',
  'console.log',
  'control.sock',
  'kernel.wasm',
  'process.json',
  'process.log',
];

export class StageHost {
  #decoys = new Set();
  #stopped = new Set();
  #lock;

  constructor(folder) {
    this.folder = folder;
    this.host = EmbeddedHost.open(folder);
  }

  create(name) {
    return this.#create(name, busyGuest);
  }

  /** One that only has the name. */
  createDecoy(name) {
    this.#decoys.add(this.#create(name, idleGuest));
  }

  #create(name, guest) {
    const configuration = {
      c_info: { type: 'wasm', name },
      b_info: { ...guest, max_memkb: MEMORY * 1024 },
    };
    return this.host.create(JSON.stringify(configuration), { paused: false });
  }

  /** All but the decoys. */
  domains() {
    return this.host
      .list()
      .filter(({ domid }) => !this.#decoys.has(domid))
      .map(({ domid, name, state, logDirty }) => ({ domid, name, state: wordOf(state), logDirty }));
  }

  /** The process of the domain that came last; undefined while its toolstack keeps the place for it. */
  newestPid() {
    const domids = this.#folders()
      .map(Number)
      .filter((domid) => !this.#decoys.has(domid));
    const pid = this.#identity(Math.max(...domids))?.pid;
    return pid !== undefined && commandOf(pid).includes('domain/main.js') ? pid : undefined;
  }

  #folders() {
    return readdirSync(join(this.folder, 'domains'));
  }

  #identity(domid) {
    try {
      return JSON.parse(readFileSync(this.#path(domid, 'process.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  #path(domid, file) {
    return join(this.folder, 'domains', String(domid), file);
  }

  /** Stops a domain's process. */
  stop(pid) {
    this.#stopped.add(pid);
    send(pid, 'SIGSTOP');
  }

  continue() {
    for (const pid of this.#stopped) send(pid, 'SIGCONT');
    this.#stopped.clear();
  }

  /** Whoever wants to take or change a name waits. */
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
    return this.#folders().map((domid) => this.#identity(domid)?.pid);
  }

  /** Files that should not be there, and what domains' processes had to say. To be called after `domains`. */
  remnants() {
    const own = remnantsIn(this.folder);
    const away = this.domains().filter(({ name }) => name.endsWith('--migratedaway'));
    const theirs = this.#folders().flatMap((domid) => {
      const said = this.#textOf(domid, 'process.log');
      // Where it was sent is remembered for as long as it is sent away.
      const due = away.some((each) => each.domid === Number(domid))
        ? [...domainFiles, 'sent-to']
        : domainFiles;
      return [
        ...readdirSync(this.#path(domid, '')).filter((name) => !due.includes(name)),
        ...(said === '' ? [] : [`the process of domain ${domid} said: ${said}`]),
      ];
    });
    return [...own, ...theirs];
  }

  #textOf(domid, file) {
    try {
      return readFileSync(this.#path(domid, file), 'utf8').trim();
    } catch {
      return '';
    }
  }
}

function wordOf({ paused, suspended, crashed }) {
  if (crashed) return 'crashed';
  if (suspended) return 'suspended';
  return paused ? 'paused' : 'running';
}
