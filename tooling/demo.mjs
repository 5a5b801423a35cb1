// A live migration to watch: two hosts on this machine, a guest that ticks and checks its memory on one,
// then on the other. Leaves nothing behind. Ends with status 0 only if no tick was lost or repeated and no
// check failed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, folder: string }} Host */
/** @typedef {{ number: number, at: number, errors: number }} Tick */

/** @param {string} app */
const program = (app) => fileURLToPath(new URL(`../apps/${app}/bin/${app}.js`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mig-demo-'));
const left = { name: 'left', folder: join(folder, 'left') };
const right = { name: 'right', folder: join(folder, 'right') };

const configuration = `name = "busy"
type = "wasm"
kernel = "wss"
memory = 256
cmdline = "pages=4000 rate=20000 pattern=random"
`;

/** @param {Host} host */
const environment = (host) => ({ ...process.env, MIG_HOST_DIR: host.folder });

/** @param {Host} host @param {string[]} args */
function show(host, args) {
  const quoted = args.map((argument) => (/^[\w./=-]+$/.test(argument) ? argument : `'${argument}'`));
  console.log(`\n${host.name}$ xl ${quoted.join(' ')}`);
}

/** @param {Host} host @param {string[]} args */
function xl(host, ...args) {
  show(host, args);
  const { status } = spawnSync(process.execPath, [program('xl'), ...args], {
    env: environment(host),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`xl ${args[0]} ended with status ${status}`);
}

/** Follows the guest's console on a host, and records its ticks. */
class Console {
  /** @type {Tick[]} */
  ticks = [];
  #child;
  #ended;

  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    this.#child = spawn(process.execPath, [program('xl'), 'console', '-f', 'busy'], {
      env: environment(host),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#ended = once(this.#child, 'close');
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line);
    });
  }

  /** @param {string} line */
  #take(line) {
    const [, number, at, errors] = /^tick (\d+) (\d+) errors=(\d+)/.exec(line) ?? [];
    if (number === undefined) return;
    this.ticks.push({ number: Number(number), at: Number(at), errors: Number(errors) });
    this.#child.emit('tick');
  }

  /** @param {number} count */
  async until(count) {
    while (this.ticks.length < count) await Promise.race([once(this.#child, 'tick'), this.#endedTooEarly()]);
  }

  async #endedTooEarly() {
    await this.#ended;
    throw new Error(`the console on the ${this.host.name} ended after ${this.ticks.length} ticks`);
  }

  /** Waits until the domain has left this host. */
  async end() {
    await this.#ended;
  }

  print() {
    show(this.host, ['console', 'busy']);
    for (const { number, at, errors } of this.ticks.slice(-4)) {
      console.log(`tick ${number} at ${new Date(at).toISOString()}, ${errors} errors found in its memory`);
    }
  }

  stop() {
    this.#child.kill();
  }
}

/**
 * @param {readonly Tick[]} before
 * @param {readonly Tick[]} after
 * @returns whether the guest has lived on without a gap
 */
function verdict(before, after) {
  const all = [...before, ...after];
  const astray = all.filter(({ number }, i) => i > 0 && number - 1 !== all[i - 1]?.number);
  const errors = Math.max(...all.map((tick) => tick.errors));
  const order =
    astray.length === 0 ? 'none lost, none repeated' : `out of order: ${astray.map(({ number }) => number)}`;
  const pause = (after[0]?.at ?? NaN) - (before.at(-1)?.at ?? NaN);
  console.log(`
Ticks: ${before.length} on the left, ${after.length} on the right, ${order}.
Memory: the guest rewrites and verifies its pages all the time, and found ${errors} errors.
Pause: ${pause} ms between the last tick on the left and the first on the right, where 100 are usual.`);
  return astray.length === 0 && errors === 0;
}

/** @type {Console[]} */
const consoles = [];

function cleanUp() {
  for (const each of consoles) each.stop();
  for (const host of [left, right]) {
    const { stdout } = spawnSync(process.execPath, [program('xl'), 'list', '--json'], {
      env: environment(host),
      encoding: 'utf8',
    });
    for (const { domid } of JSON.parse(stdout || '[]')) {
      spawnSync(process.execPath, [program('xl'), 'destroy', String(domid)], { env: environment(host) });
    }
  }
  rmSync(folder, { recursive: true, force: true });
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    cleanUp();
    process.exit(128 + constants.signals[signal]);
  });
}

try {
  const file = join(folder, 'busy.cfg');
  writeFileSync(file, configuration);
  console.log(
    `Two hosts, left and right, and a guest that rewrites 20,000 pages a second:\n\n${configuration}`,
  );
  xl(left, 'create', file);
  const onLeft = new Console(left);
  consoles.push(onLeft);
  await onLeft.until(20);
  onLeft.print();
  xl(left, 'list');

  // An empty ssh command makes the "host" the command to run: here the target end, on the host on the
  // right.
  const target = `MIG_HOST_DIR=${right.folder} exec ${process.execPath} ${program('xl-receive')}`;
  xl(left, 'migrate', '-s', '', 'busy', target);
  await onLeft.end();

  const onRight = new Console(right);
  consoles.push(onRight);
  await onRight.until(15);
  onRight.print();
  xl(left, 'list');
  xl(right, 'list');
  process.exitCode = verdict(onLeft.ticks, onRight.ticks) ? 0 : 1;
} finally {
  cleanUp();
}
