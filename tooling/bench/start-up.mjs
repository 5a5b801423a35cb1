// What passes between Enter and the first pages: how long each program of a migration takes to start.
//
//   node tooling/bench/start-up.mjs [CHECKOUT...]
//
// Of several built checkouts, this one unless given, the runs alternate.
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
/** Octets: by then a page has come, whatever stands before it. */
const FIRST_PAGE = 64 * 1024;
const SECOND_MIB = 2 * 2 ** 20;
/** Octets that wait in a FIFO until they are taken. */
const FIFO = 64 * 1024;
/** Milliseconds between two looks, during what is measured and otherwise. */
const LOOK = 0.2;
const POLL = 5;
/** Milliseconds until what should have come will not. */
const PATIENCE = 20_000;

const own = fileURLToPath(new URL('../..', import.meta.url));

const measures = {
  spawned: 'Enter to the start of the command that reaches the target',
  banner: 'start of xl-receive to its banner',
  domain: 'order to create a domain to its process being ready',
  page: 'Enter to the first page written at the source',
  taken: 'Enter to the second MiB taken by the target',
};

const word = new Int32Array(new SharedArrayBuffer(4));

/** Without an event loop, whose turns would be measured as well. @returns what `attempt` does once it can */
function soon(attempt) {
  for (const deadline = performance.now() + PATIENCE; ;) {
    try {
      return attempt();
    } catch (error) {
      if (error.code !== 'EAGAIN' || performance.now() > deadline) throw error;
      Atomics.wait(word, 0, 0, LOOK);
    }
  }
}

const read = (fifo, octets) => soon(() => readSync(fifo, octets));

function write(fifo, octets) {
  for (let rest = octets; rest.length > 0;) rest = rest.subarray(soon(() => writeSync(fifo, rest)));
}

/** The programs of a checkout, with a domain to move, and another to create. */
class Contestant {
  #checkout;
  #folder;
  #host;
  #octets = Buffer.alloc(FIFO);
  /** Milliseconds of each run, by what was measured. */
  values = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));

  constructor(checkout, folder) {
    this.#checkout = checkout;
    this.#folder = folder;
    mkdirSync(folder);
    for (const fifo of ['spawned', 'sent', 'relayed']) execFileSync('mkfifo', [this.#path(fifo)]);
  }

  #path(name) {
    return join(this.#folder, name);
  }

  #words(app) {
    return [process.execPath, join(this.#checkout, `apps/${app}/bin/${app}.js`)];
  }

  /** Of the domain that moves; what it does not keep to itself is the programs' compiled code. */
  #environment() {
    process.env.MIG_CACHE_DIR = this.#path('cache');
    return { ...process.env, MIG_HOST_DIR: this.#path('source') };
  }

  /** Waits until the domain has some memory to send. */
  async prepare() {
    const file = this.#path('guest.cfg');
    const guest = 'name="guest"\ntype="wasm"\nkernel="wss"\nmemory=64\n';
    writeFileSync(file, `${guest}cmdline="pages=10000 rate=10 pattern=random"\n`);
    const env = this.#environment();
    const [node, ...xl] = this.#words('xl');
    execFileSync(node, [...xl, 'create', '-q', file], { env });
    const stdio = ['ignore', 'pipe', 'inherit'];
    const console = spawn(node, [...xl, 'console', '-f', 'guest'], { env, stdio });
    let seen = '';
    while (!/written=[1-9]/.test(seen)) seen += (await once(console.stdout, 'data'))[0];
    console.kill();
    await once(console, 'close');
    const module = join(this.#checkout, 'packages/hypervisor-wasm/dist/index.js');
    const { EmbeddedHost } = await import(pathToFileURL(module).href);
    this.#host = EmbeddedHost.open(this.#path('idle'));
  }

  async run() {
    const times = { ...(await this.#migrate()), banner: await this.#greet(), domain: this.#create() };
    for (const [name, time] of Object.entries(times)) this.values[name].push(time);
  }

  /** Hands on what the source sends, as far as it is measured. The domain stays. */
  async #migrate() {
    const receive = `MIG_HOST_DIR=${this.#path('target')} exec ${this.#words('xl-receive').join(' ')}`;
    // What runs in the background of a shell has no standard input.
    const relay = `exec 3<&0; cat <&3 >${this.#path('sent')} & exec 3<&-`;
    const rune = `echo >${this.#path('spawned')}; ${relay}; ${receive} <${this.#path('relayed')}`;
    const env = this.#environment();
    const [node, ...words] = [...this.#words('xl'), 'migrate', '-s', '', 'guest', rune];
    const [spawned, sent, relayed] = this.#fifos('spawned', 'sent', 'relayed');
    const times = {};
    const start = performance.now();
    const child = spawn(node, words, { env, stdio: 'ignore' });
    read(spawned, this.#octets);
    times.spawned = performance.now() - start;
    for (let octets = 0; octets < SECOND_MIB + FIFO;) {
      const count = read(sent, this.#octets);
      octets += count;
      if (octets >= FIRST_PAGE) times.page ??= performance.now() - start;
      write(relayed, this.#octets.subarray(0, count));
    }
    times.taken = performance.now() - start;
    for (const fifo of [spawned, sent, relayed]) closeSync(fifo);
    await once(child, 'close');
    while (readdirSync(this.#path('target/domains')).length > 0) await setTimeout(POLL);
    return times;
  }

  async #greet() {
    const receive = `${this.#words('xl-receive').join(' ')} <${this.#path('relayed')} >${this.#path('sent')}`;
    const env = this.#environment();
    const [relayed, sent] = this.#fifos('relayed', 'sent');
    const start = performance.now();
    const child = spawn('/bin/sh', ['-c', `exec ${receive}`], { env, stdio: 'ignore' });
    read(sent, this.#octets);
    const banner = performance.now() - start;
    closeSync(relayed);
    closeSync(sent);
    await once(child, 'close');
    return banner;
  }

  /** Open at both ends, so that whoever opens one of them as well does not wait. */
  #fifos(...names) {
    return names.map((name) => openSync(this.#path(name), constants.O_RDWR | constants.O_NONBLOCK));
  }

  #create() {
    const [c_info, b_info] = [
      { type: 'wasm', name: 'idle' },
      { max_memkb: 65536, kernel: 'idle' },
    ];
    this.#environment();
    const start = performance.now();
    const domid = this.#host.create(JSON.stringify({ c_info, b_info }), { paused: true });
    const domain = performance.now() - start;
    this.#host.destroy(domid);
    return domain;
  }
}

/** @param checkouts folders, built @returns milliseconds of each run, by checkout and what was measured */
export async function measureStartUp(checkouts = [own], runs = RUNS) {
  const folder = temporaryFolder('mig-start-up-');
  try {
    const contestants = checkouts.map((checkout, at) => new Contestant(checkout, join(folder, String(at))));
    for (const contestant of contestants) {
      await contestant.prepare();
      // Whatever is kept for the next start is kept by now.
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
  for (const [name, what] of Object.entries(measures)) {
    console.log(`${what}: ${found.map((values) => spread(values[name], 0)).join(' | ')}`);
  }
}

/** What no program in JavaScript can do without. */
function starts(runs) {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    execFileSync(process.execPath, ['-e', '0']);
    return performance.now() - start;
  });
}
