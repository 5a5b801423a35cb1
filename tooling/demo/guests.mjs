// Guests of five kinds, and what each has said of itself on every host where it ran.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { environment, program, writeConfiguration } from './hosts.mjs';

/** @import { Host } from './hosts.mjs' */

const kinds = /** @type {const} */ ([
  { kind: 'idle', kernel: 'idle', memory: 1, cmdline: '' },
  { kind: 'quiet', kernel: 'wss', memory: 8, cmdline: 'pages=500 rate=50 pattern=random' },
  { kind: 'busy', kernel: 'wss', memory: 16, cmdline: 'pages=1000 rate=5000 pattern=random' },
  { kind: 'sweep', kernel: 'wss', memory: 16, cmdline: 'pages=2000 rate=8000 pattern=sequential' },
  { kind: 'pair', kernel: 'wss', memory: 8, cmdline: 'pages=200 rate=500 pattern=random mig.apart=pair' },
]);

/** A guest, wherever it is: its consoles are read to their ends, also of a domain that has left. */
class Guest {
  /** @type {string[]} */
  faults = [];
  ticks = 0;
  #fd = -1;
  #path = '';
  #rest = '';
  #buffer = Buffer.alloc(65_536);

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** Reads on where it is. @param {string} path of the console there: each arrival has one of its own */
  goOnAt(path) {
    this.read();
    if (path === this.#path) return;
    this.#path = path;
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = openSync(path, 'r');
    this.#rest = '';
    this.read();
  }

  read() {
    for (;;) {
      const count = this.#fd < 0 ? 0 : readSync(this.#fd, this.#buffer);
      if (count === 0) return;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  /** @param {string} line */
  #take(line) {
    const [, number, errors] = /^tick (\d+) \d+ errors=(\d+)/.exec(line) ?? [];
    if (number === undefined) {
      if (/^(error|crash)/.test(line)) this.faults.push(`${this.name}: ${line}`);
      return;
    }
    if (Number(number) !== this.ticks + 1) {
      this.faults.push(`${this.name}: tick ${number} follows on tick ${this.ticks}`);
    }
    if (errors !== '0') this.faults.push(`${this.name}: ${errors} errors in its memory`);
    this.ticks = Number(number);
  }
}

export class Guests {
  /** @type {Guest[]} */
  #guests = [];

  /** @param {readonly Host[]} hosts @param {number} count */
  constructor(hosts, count) {
    this.hosts = hosts;
    this.count = count;
  }

  /**
   * Creates all of them at a host.
   * @param {Host} host
   * @param {string} folder for their configurations
   */
  async create(host, folder) {
    for (let i = 0; i < this.count; i++) {
      const { kind, kernel, memory, cmdline } = kinds[i % kinds.length] ?? kinds[0];
      const name = `${kind}${Math.floor(i / kinds.length) + 1}`;
      // Two of a pair are kept apart.
      const words = cmdline.replace('apart=pair', `apart=pair${Math.floor(i / kinds.length / 2)}`);
      const file = writeConfiguration(folder, { name, type: 'wasm', kernel, memory, cmdline: words });
      const child = spawn(process.execPath, [program('xl'), 'create', '-q', file], {
        env: environment(host),
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const [status] = await once(child, 'close');
      if (status !== 0) throw new Error(`xl create ${name} ended with status ${status}`);
      this.#guests.push(new Guest(name));
    }
  }

  /**
   * Finds all of them, and reads on where they are.
   * @returns {string[]} what is wrong: a guest on no host or on two
   */
  find() {
    const places = this.hosts.flatMap(({ name: host, folder }) =>
      domainsOf(folder).map(({ name, console }) => ({ name, host, console })),
    );
    return this.#guests.flatMap((guest) => {
      const found = places.filter(({ name }) => name === guest.name);
      const [place] = found;
      if (place !== undefined) guest.goOnAt(place.console);
      if (found.length === 1) return [];
      return [`${guest.name} is on ${found.length} hosts: ${found.map(({ host }) => host).join(', ')}`];
    });
  }

  /** Waits until each has ticked so often more. @param {number} count @param {number} milliseconds at most */
  async tickOn(count, milliseconds = 20_000) {
    const wanted = new Map(this.#guests.map((guest) => [guest, guest.ticks + count]));
    const deadline = performance.now() + milliseconds;
    for (;;) {
      for (const guest of this.#guests) guest.read();
      const late = this.#guests.filter((guest) => guest.ticks < (wanted.get(guest) ?? 0));
      if (late.length === 0) return [];
      if (performance.now() > deadline) return late.map(({ name }) => `${name} does not tick`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  get faults() {
    return this.#guests.flatMap(({ faults }) => faults);
  }

  get ticks() {
    return this.#guests.reduce((sum, { ticks }) => sum + ticks, 0);
  }
}

/** @param {string} folder of a host */
export function domainsOf(folder) {
  try {
    return readdirSync(join(folder, 'domains')).map((domid) => {
      const place = join(folder, 'domains', domid);
      const { c_info } = JSON.parse(readFileSync(join(place, 'configuration.json'), 'utf8'));
      return { name: String(c_info.name), console: join(place, 'console.log') };
    });
  } catch {
    return [];
  }
}
