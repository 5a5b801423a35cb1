// Time between Enter and the first pages: how long each program of a migration takes to start.
//
//   node tooling/bench/start-up.mjs [CHECKOUT...]
//
// The runs alternate between several built checkouts; the default is this one.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';
import { spread } from './statistics.mjs';

const RUNS = 15;
/** Octets sent by which a page has come, whatever precedes it. */
const FIRST_PAGE = 64 * 1024;
const SECOND_MIB = 2 * 2 ** 20;
/** Octets that a FIFO holds. */
const FIFO = 64 * 1024;
/** Milliseconds between two looks, during a measurement and otherwise. */
const LOOK = 0.2;
const POLL = 5;
/** Timeout in milliseconds. */
const TIMEOUT = 20_000;

const own = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {keyof typeof measures} Measure */

const measures = {
  spawned: 'Enter to the start of the command that reaches the target',
  banner: 'start of xl-receive to its banner',
  domain: 'order to create a domain to its process being ready',
  page: 'Enter to the first page written at the source',
  taken: 'Enter to the second MiB taken by the target',
};

const names = /** @type {Measure[]} */ (Object.keys(measures));

const word = new Int32Array(new SharedArrayBuffer(4));

/**
 * Repeats an attempt without an event loop, whose turns would be measured as well.
 * @template T
 * @param {() => T} attempt
 * @returns {T} the result of `attempt` once it succeeds
 */
function soon(attempt) {
  for (const deadline = performance.now() + TIMEOUT; ;) {
    try {
      return attempt();
    } catch (error) {
      const isEarly = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
      if (!isEarly || performance.now() > deadline) throw error;
      Atomics.wait(word, 0, 0, LOOK);
    }
  }
}

/** @param {number} fifo @param {Buffer} octets */
const read = (fifo, octets) => soon(() => readSync(fifo, octets));

/** @param {number} fifo @param {Buffer} octets */
function write(fifo, octets) {
  for (let rest = octets; rest.length > 0;) rest = rest.subarray(soon(() => writeSync(fifo, rest)));
}

/** The programs of a checkout, with a domain to migrate, and another to create. */
class Contestant {
  #checkout;
  #folder;
  /** @type {import('@mig/hypervisor-wasm').EmbeddedHost | undefined} */
  #host;
  #octets = Buffer.alloc(FIFO);
  /**
   * Milliseconds of each run, by measure.
   * @type {Record<Measure, number[]>}
   */
  values = { spawned: [], banner: [], domain: [], page: [], taken: [] };

  /** @param {string} checkout @param {string} folder */
  constructor(checkout, folder) {
    this.#checkout = checkout;
    this.#folder = folder;
    mkdirSync(folder);
    for (const fifo of ['spawned', 'sent', 'relayed']) execFileSync('mkfifo', [this.#path(fifo)]);
  }

  /** @param {string} name */
  #path(name) {
    return join(this.#folder, name);
  }

  /** The path of a program. @param {string} app */
  #program(app) {
    return join(this.#checkout, `apps/${app}/bin/${app}.js`);
  }

  /**
   * The environment of the migrating domain; outside its folder it keeps only the programs' compiled code.
   */
  #environment() {
    process.env['MIG_CACHE_DIR'] = this.#path('cache');
    return { ...process.env, MIG_HOST_DIR: this.#path('source') };
  }

  /** Waits until the domain has some memory to send. */
  async prepare() {
    const file = this.#path('guest.cfg');
    const guest = 'name="guest"\ntype="wasm"\nkernel="wss"\nmemory=64\n';
    writeFileSync(file, `${guest}cmdline="pages=10000 rate=10 pattern=random"\n`);
    const env = this.#environment();
    const xl = this.#program('xl');
    execFileSync(process.execPath, [xl, 'create', '-q', file], { env });
    const console = spawn(process.execPath, [xl, 'console', '-f', 'guest'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let seen = '';
    while (!/written=[1-9]/.test(seen)) seen += (await once(console.stdout, 'data'))[0];
    console.kill();
    await once(console, 'close');
    const module = join(this.#checkout, 'packages/hypervisor-wasm/dist/index.js');
    const { EmbeddedHost } = await import(pathToFileURL(module).href);
    this.#host = EmbeddedHost.open(this.#path('idle'));
  }

  #receiver() {
    return `${process.execPath} ${this.#program('xl-receive')}`;
  }

  async run() {
    const times = { ...(await this.#migrate()), banner: await this.#greet(), domain: this.#create() };
    for (const name of names) this.values[name].push(times[name]);
  }

  /** Carries what the source sends, as far as it is measured. The domain stays. */
  async #migrate() {
    const receive = `MIG_HOST_DIR=${this.#path('target')} exec ${this.#receiver()}`;
    // A shell's background process has no standard input.
    const relay = `exec 3<&0; cat <&3 >${this.#path('sent')} & exec 3<&-`;
    const rune = `echo >${this.#path('spawned')}; ${relay}; ${receive} <${this.#path('relayed')}`;
    const env = this.#environment();
    const words = [this.#program('xl'), 'migrate', '-s', '', 'guest', rune];
    const fifos = {
      spawned: this.#fifo('spawned'),
      sent: this.#fifo('sent'),
      relayed: this.#fifo('relayed'),
    };
    /** @type {number | undefined} */
    let page;
    const start = performance.now();
    const child = spawn(process.execPath, words, { env, stdio: 'ignore' });
    read(fifos.spawned, this.#octets);
    const spawned = performance.now() - start;
    for (let octets = 0; octets < SECOND_MIB + FIFO;) {
      const count = read(fifos.sent, this.#octets);
      octets += count;
      if (octets >= FIRST_PAGE) page ??= performance.now() - start;
      write(fifos.relayed, this.#octets.subarray(0, count));
    }
    const taken = performance.now() - start;
    for (const fifo of Object.values(fifos)) closeSync(fifo);
    await once(child, 'close');
    while (readdirSync(this.#path('target/domains')).length > 0) await setTimeout(POLL);
    return { spawned, page: page ?? taken, taken };
  }

  async #greet() {
    const receive = `${this.#receiver()} <${this.#path('relayed')} >${this.#path('sent')}`;
    const env = this.#environment();
    const [relayed, sent] = [this.#fifo('relayed'), this.#fifo('sent')];
    const start = performance.now();
    const child = spawn('/bin/sh', ['-c', `exec ${receive}`], { env, stdio: 'ignore' });
    read(sent, this.#octets);
    const banner = performance.now() - start;
    closeSync(relayed);
    closeSync(sent);
    await once(child, 'close');
    return banner;
  }

  /** Opens both ends, so that whoever opens one does not wait. */
  /** @param {string} name */
  #fifo(name) {
    return openSync(this.#path(name), constants.O_RDWR | constants.O_NONBLOCK);
  }

  #create() {
    const [c_info, b_info] = [
      { type: 'wasm', name: 'idle' },
      { max_memkb: 65536, kernel: 'idle' },
    ];
    this.#environment();
    const host = this.#host;
    if (host === undefined) throw new Error('it was not prepared');
    const start = performance.now();
    const domid = host.create(JSON.stringify({ c_info, b_info }), { paused: true });
    const domain = performance.now() - start;
    host.destroy(domid);
    return domain;
  }
}

/**
 * @param {readonly string[]} checkouts folders, built
 * @param {number} runs
 * @returns milliseconds of each run, by checkout and measure
 */
export async function measureStartUp(checkouts = [own], runs = RUNS) {
  const folder = temporaryFolder('mig-start-up-');
  try {
    const contestants = checkouts.map((checkout, at) => new Contestant(checkout, join(folder, String(at))));
    for (const contestant of contestants) {
      await contestant.prepare();
      // By now everything is kept for the next start.
      await contestant.run();
      for (const values of Object.values(contestant.values)) values.length = 0;
    }
    for (let run = 0; run < runs; run++) for (const contestant of contestants) await contestant.run();
    return contestants.map(({ values }) => values);
  } finally {
    removeTemporaryFolder(folder);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const checkouts = process.argv.length > 2 ? process.argv.slice(2).map((path) => resolve(path)) : [own];
  const found = await measureStartUp(checkouts);
  console.log(`ms, median (least to most) of ${RUNS}; a start of Node alone: ${spread(starts(RUNS), 0)}`);
  for (const name of names) {
    console.log(`${measures[name]}: ${found.map((values) => spread(values[name], 0)).join(' | ')}`);
  }
}

/**
 * The time that any JavaScript program needs.
 * @param {number} runs
 */
function starts(runs) {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ['-e', '0']);
    return performance.now() - start;
  });
}
