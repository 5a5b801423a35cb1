// Migrates a busy domain back and forth between two hosts on this machine, and looks after each time for
// anything lost or left: ticks, failed self-checks, processes, descriptors, mappings, files. Then saves and
// restores it within this one process, to find what a long-lived toolstack would leak. Status 0 only if
// there is nothing.
//
// usage: node tooling/stress.mjs [MIGRATIONS, 100 unless given]
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Input, Output } from '@mig/posix';
import { suspendDomain } from '@mig/sender';
import { remnantsIn } from './host-files.mjs';
import { removeTemporaryFolder, temporaryFolder } from './temporary-folder.mjs';

const migrations = Number(process.argv[2] ?? 100);
if (!Number.isInteger(migrations) || migrations < 1) {
  console.error('usage: node tooling/stress.mjs [MIGRATIONS]');
  process.exit(2);
}

/** @param {string} app */
const program = (app) => fileURLToPath(new URL(`../apps/${app}/bin/${app}.js`, import.meta.url));
const folder = temporaryFolder('mig-stress-');
const [left, right] = [join(folder, 'left'), join(folder, 'right')];
const hosts = [left, right];
const configuration = `name = "busy"
type = "wasm"
kernel = "wss"
memory = 64
cmdline = "pages=2000 rate=20000 pattern=random"
`;

/** Timeout in milliseconds. */
const TIMEOUT = 30_000;

/** @type {string[]} */
const violations = [];
/** @param {string} where @param {string} what */
function violation(where, what) {
  violations.push(`${where}: ${what}`);
  console.error(violations.at(-1));
}

/** @param {string} host @param {string[]} args */
function xl(host, ...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program('xl'), ...args], {
    env: { ...process.env, MIG_HOST_DIR: host },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`xl ${args[0]} ended with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}

/** The guest's life over all its consoles. */
class Life {
  ticks = 0;
  /** @type {number | undefined} */
  #console;
  #rest = '';
  #buffer = Buffer.alloc(65536);

  /** @param {() => string} describe the present state of the run */
  constructor(describe) {
    this.describe = describe;
  }

  /**
   * Reads the rest of the console, and changes to another.
   * @param {string} path
   */
  goOnAt(path) {
    this.leave();
    this.#console = openSync(path, 'r');
  }

  leave() {
    if (this.#console === undefined) return;
    this.read();
    if (this.#rest !== '') violation(this.describe(), `the console ends within a line: ${this.#rest}`);
    closeSync(this.#console);
    this.#console = undefined;
  }

  read() {
    while (this.#console !== undefined) {
      const count = readSync(this.#console, this.#buffer);
      if (count === 0) return;
      const lines = (this.#rest + this.#buffer.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    }
  }

  /** @param {string} line */
  #take(line) {
    if (/^(error|crash)/.test(line)) violation(this.describe(), line);
    const [, number, errors] = /^tick (\d+) \d+ errors=(\d+)/.exec(line) ?? [];
    if (number === undefined) return;
    if (Number(number) !== this.ticks + 1) {
      violation(this.describe(), `tick ${number} follows on tick ${this.ticks}`);
    }
    this.ticks = Number(number);
    if (errors !== '0') violation(this.describe(), `tick ${number}: ${errors} failed self-checks`);
  }

  /** @param {number} count */
  async moreTicks(count) {
    this.read();
    const wanted = this.ticks + count;
    const deadline = performance.now() + TIMEOUT;
    while (this.ticks < wanted) {
      if (performance.now() > deadline) throw new Error(`${this.describe()}: the guest does not tick`);
      await setTimeout(10);
      this.read();
    }
  }
}

/** Processes that mention this folder in command line, environment or working directory. */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const texts = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${pid}/${file}`, 'latin1'));
        return [...texts, readlinkSync(`/proc/${pid}/cwd`)].some((text) => text.includes(folder));
      } catch {
        return false;
      }
    });
}

/**
 * @param {string} where
 * @returns {Promise<string>} its pid
 */
async function theOnlyProcess(where) {
  const deadline = performance.now() + TIMEOUT;
  for (;;) {
    const found = processes();
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    if (performance.now() > deadline) {
      violation(where, `${found.length} processes where the domain's alone should be: ${found}`);
      if (first === undefined) throw new Error('the domain has no process');
      return first;
    }
    await setTimeout(10);
  }
}

/**
 * The resources of a process. Only mappings of domains' memory count: Node's own come and go.
 * @param {string} pid
 */
function holdings(pid) {
  const maps = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n');
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    'mappings of memory files': maps.filter((line) => line.includes('/memfd:')).length,
  };
}

/** @param {string} host */
function leftIn(host) {
  return [...remnantsIn(host), ...readdirSync(join(host, 'domains'))];
}

/** Figures that must not change, by name. */
class Steady {
  /** @type {Map<string, number>} */
  #first = new Map();

  /** @param {string} where @param {Record<string, number>} figures */
  check(where, figures) {
    for (const [name, value] of Object.entries(figures)) {
      if (!this.#first.has(name)) this.#first.set(name, value);
      else if (this.#first.get(name) !== value) {
        violation(where, `${value} ${name} where there were ${this.#first.get(name)}`);
      }
    }
  }

  toString() {
    return [...this.#first].map(([name, value]) => `${value} ${name}`).join(', ');
  }
}

const sharedMemory = () => readdirSync('/dev/shm').filter((name) => /mig/i.test(name));

/**
 * @param {Life} life
 * @param {Steady} steady
 * @param {number[]} downtimes
 * @param {At} at
 */
async function backAndForth(life, steady, downtimes, at) {
  for (at.migration = 1; at.migration <= migrations; at.migration++) {
    const [from, to] = at.migration % 2 === 1 ? [left, right] : [right, left];
    const target = `MIG_HOST_DIR=${to} exec ${process.execPath} ${program('xl-receive')}`;
    const lines = xl(from, 'migrate', '--json', '-s', '', 'busy', target).trim().split('\n');
    const complete = JSON.parse(lines.at(-1) ?? '');
    if (complete.event !== 'complete') violation(life.describe(), `the last line is ${lines.at(-1)}`);
    downtimes.push(complete.downtimeMilliseconds);

    const [domid = ''] = readdirSync(join(to, 'domains'));
    life.goOnAt(join(to, 'domains', domid, 'console.log'));
    await life.moreTicks(2);
    steady.check(life.describe(), holdings(await theOnlyProcess(life.describe())));
    const remnants = leftIn(from);
    if (remnants.length > 0) violation(life.describe(), `left behind: ${remnants}`);
    if (readFileSync(join(to, 'domains', domid, 'process.log'), 'utf8') !== '') {
      violation(life.describe(), "the domain's process complained");
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${at.migration} of ${migrations} `);
  }
}

/**
 * Saves live, so that writes are logged; leaves the domain suspended.
 * @param {EmbeddedHost} host
 * @param {number} domid
 * @param {string} path
 */
function save(host, domid, path) {
  const domain = host.take(domid, { kind: 'save', to: path });
  const fd = openSync(path, 'w');
  try {
    suspendDomain(domain, new Output(fd, { subject: path }), { live: true });
  } finally {
    closeSync(fd);
    domain.release();
  }
}

/** @param {EmbeddedHost} host @param {string} configuration @param {string} path */
function restore(host, configuration, path) {
  const fd = openSync(path, 'r');
  try {
    return host.restoreFrom(new Input(fd, { subject: path }), { configuration, name: 'copy' });
  } finally {
    closeSync(fd);
  }
}

/** @param {string} where @param {() => void} action */
function mustFail(where, action) {
  try {
    action();
  } catch {
    return;
  }
  violation(where, `this should have failed: ${action}`);
}

/**
 * Saves and restores in this process, once per round each: successfully, and failing on the way.
 * @param {Life} life
 * @param {At} at
 */
async function withinOneProcess(life, at) {
  const rounds = Math.max(10, Math.round(migrations / 5));
  const [image, half] = [join(folder, 'image'), join(folder, 'half')];
  const [here, there] = migrations % 2 === 1 ? [right, left] : [left, right];
  const [host, other] = [EmbeddedHost.open(here), EmbeddedHost.open(there)];
  const found = host.find('busy');
  if (found === undefined) throw new Error('the domain is gone');
  const { domid } = found;
  const configuration = host.configuration(domid);
  const [domain, toolstack] = [new Steady(), new Steady()];
  const pid = await theOnlyProcess('before the first round');
  for (at.round = 1; at.round <= rounds; at.round++) {
    save(host, domid, image);
    host.resume(domid);
    restore(other, configuration, image).destroy();

    mustFail(life.describe(), () => save(host, domid, '/dev/full'));
    if (host.describe(domid).state.suspended) violation(life.describe(), 'suspended before it was to be');
    copyFileSync(image, half);
    truncateSync(half, 20_000_000);
    mustFail(life.describe(), () => restore(other, configuration, half));

    // The first rounds allocate things for good: libraries, buffers.
    if (at.round > 2) toolstack.check(`${life.describe()}, toolstack`, holdings('self'));
    domain.check(`${life.describe()}, domain`, holdings(pid));
    await life.moreTicks(1);
  }
  console.log(`${rounds} saves and restores within one process: domain ${domain}; toolstack ${toolstack}`);
}

/** @param {number} value */
const milliseconds = (value) => `${value.toFixed(1)} ms`;
/** @param {readonly number[]} sorted @param {number} q */
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;

/** @typedef {{ migration: number, round: number }} At how far it is */
/** @type {At} */
const at = { migration: 0, round: 0 };
const life = new Life(() => (at.round > 0 ? `round ${at.round}` : `migration ${at.migration}`));
const began = performance.now();
try {
  const file = join(folder, 'busy.cfg');
  writeFileSync(file, configuration);
  xl(left, 'create', '-q', file);
  life.goOnAt(join(left, 'domains', '1', 'console.log'));
  await life.moreTicks(5);

  const steady = new Steady();
  /** @type {number[]} */
  const downtimes = [];
  await backAndForth(life, steady, downtimes, at);
  downtimes.sort((a, b) => a - b);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${migrations} migrations in ${seconds} s, ${life.ticks} ticks; downtime: median ` +
      `${milliseconds(quantile(downtimes, 0.5))}, p95 ${milliseconds(quantile(downtimes, 0.95))}, ` +
      `most ${milliseconds(downtimes.at(-1) ?? NaN)}; domain: ${steady}`,
  );
  await withinOneProcess(life, at);

  xl(migrations % 2 === 1 ? right : left, 'destroy', 'busy');
  life.leave();
  if (processes().length > 0) violation('at the end', `processes ${processes()}`);
  for (const host of hosts) {
    const remnants = leftIn(host);
    if (remnants.length > 0) violation('at the end', `left behind in ${host}: ${remnants}`);
  }
  if (sharedMemory().length > 0) violation('at the end', `in /dev/shm: ${sharedMemory()}`);
} catch (error) {
  violation(life.describe(), error instanceof Error ? (error.stack ?? error.message) : String(error));
} finally {
  removeTemporaryFolder(folder);
}
console.log(violations.length === 0 ? 'nothing lost, nothing left' : `${violations.length} violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
