// A live migration to watch: two hosts on this machine with a line of 1 Gbit/s between them, and a busy guest that is
// moved as stock moves it and as mig can. Leaves nothing behind. Ends with status 0 only if no tick of the guest was
// lost or repeated and its memory is right.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Console } from './demo/console.mjs';
import { environment, program } from './demo/hosts.mjs';
import { migrate } from './demo/migrate.mjs';
import { bytes, count, isLive, seconds, style, write } from './demo/screen.mjs';
import { table } from './demo/table.mjs';
import { removeTemporaryFolder, temporaryFolder } from './temporary-folder.mjs';

/** @import { Host } from './demo/hosts.mjs' */
/** @import { Report } from './bench/two-hosts.mjs' */

const folder = temporaryFolder('mig-demo-');
/** @type {Host} */
const left = { name: 'left', folder: join(folder, 'left') };
/** @type {Host} */
const right = { name: 'right', folder: join(folder, 'right') };

const PAGE = 4096;
const LINE = ['--bandwidth', '1Gbit/s', '--bandwidth-always'];
const GOAL = 200;
/** The timeout lets a load that passes be waited for: beside it a stall ends nothing. */
const TUNED = ['--max-downtime', String(GOAL), '--timeout', '20'];
/** Ticks of the guest before it is moved first, and after it has arrived last. */
const TICKS = { before: 30, after: 10 };

const guest = { memory: 160, pages: 36_864, rate: 23_000 };
const configuration = `name = "busy"
type = "wasm"
kernel = "wss"
memory = ${guest.memory}
cmdline = "pages=${guest.pages} rate=${guest.rate} pattern=sequential"
`;

/** @type {Console[]} */
const consoles = [];

/** Follows the guest at the host where it runs now. @param {Host} host */
function follow(host) {
  const console = new Console(host, 'busy');
  consoles.push(console);
  return console;
}

async function create() {
  const file = join(folder, 'busy.cfg');
  writeFileSync(file, configuration);
  write(`\n${style('bold', 'left$')} xl create busy.cfg\n`);
  const { status } = spawnSync(process.execPath, [program('xl'), 'create', '-q', file], {
    env: environment(left),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`xl create ended with status ${status}`);
  await ticks(follow(left), TICKS.before);
}

/** @param {Console} console @param {number} number */
async function ticks(console, number) {
  for await (const tick of console.until(number)) {
    if (isLive) write(`\r${said(tick)}`);
  }
  const last = console.ticks.at(-1);
  write(`${isLive ? '\r' : ''}${last === undefined ? '' : said(last)}\n`);
}

/** @param {import('./demo/console.mjs').Tick} tick */
const said = ({ number, errors }) => `the guest: tick ${number}, ${errors} errors in its memory`;

/**
 * Moves the guest from left to right over the line.
 * @param {string[]} options
 * @returns {Promise<Report>}
 */
async function move(...options) {
  write(`\n${style('bold', 'left$')} xl ${['migrate', ...options, 'busy', 'right'].join(' ')}\n`);
  const report = await migrate(left, right, [...LINE, ...options], guest.memory << 20);
  await arrived(right);
  return report;
}

/** Waits until the guest ticks at a host. @param {Host} host */
async function arrived(host) {
  await consoles.at(-1)?.end();
  await ticks(follow(host), TICKS.after);
}

/** @returns the milliseconds between the last tick before each move and the first after it */
function gaps() {
  return consoles
    .slice(1)
    .map(({ ticks }, i) => (ticks[0]?.at ?? NaN) - (consoles[i]?.ticks.at(-1)?.at ?? NaN));
}

/** @returns whether the guest has lived on without a gap, and said so */
function verdict() {
  const all = consoles.flatMap(({ ticks }) => ticks);
  const astray = all.filter(({ number }, i) => i > 0 && number - 1 !== all[i - 1]?.number);
  const errors = Math.max(...all.map((tick) => tick.errors));
  const order =
    astray.length === 0 ? 'none lost, none repeated' : `out of order: ${astray.map(({ number }) => number)}`;
  write(`
Ticks of the guest: ${all.length} at three moves, ${order}.
Its memory: checked by the guest all the time, ${errors} errors.
`);
  return astray.length === 0 && errors === 0;
}

/**
 * Says so where this machine had too little time for the line, which then decided more than the way of moving.
 * @param {readonly Report[]} reports
 */
function tellOfLoad(reports) {
  const passes = reports.flatMap((report) => report.passes).filter(({ kind }) => kind === 'precopy');
  const milliseconds = passes.reduce((sum, pass) => sum + pass.milliseconds, 0);
  const carried = (passes.reduce((sum, pass) => sum + pass.octets, 0) * 8) / milliseconds / 1e6;
  if (carried > 0.8) return;
  write(`
This machine is busy: the line carried ${carried.toFixed(2)} Gbit/s instead of 1. These figures mean little;
run it again when the machine is idle.
`);
}

/** @param {Report} report @param {number} gap */
function column({ passes, octetsSent, totalMilliseconds, downtimeMilliseconds }, gap) {
  return [
    String(passes.filter(({ kind }) => kind !== 'stop-and-copy').length),
    bytes(octetsSent),
    seconds(totalMilliseconds),
    `${Math.round(downtimeMilliseconds)} ms`,
    `${gap} ms`,
  ];
}

try {
  write(`${style('bold', 'A busy guest moves while it runs: first as stock moves it, then as mig can.')}

Two hosts   left and right, which are two folders on this machine
The line    1 Gbit/s: each command also has ${LINE.join(' ')}
The guest   ${guest.memory} MiB; rewrites ${bytes(guest.pages * PAGE)} of it over and over, ${count(guest.rate)} pages a second:
            three quarters of what the line carries. It ticks ten times a second.
`);
  await create();

  write(`\n${style('bold', '1. As stock does: five passes, then the guest pauses, whatever is left')}\n`);
  const stock = await move();

  write('\nBack to the left, to begin from the same place.\n');
  await migrate(right, left, ['--precopy-iterations', '1']);
  await arrived(left);

  write(`\n${style('bold', `2. As mig can: passes until the estimated downtime is at most ${GOAL} ms`)}\n`);
  const tuned = await move(...TUNED);

  const [stockGap = NaN, , tunedGap = NaN] = gaps();
  write(
    `\n${table(
      ['', "stock's way", `--max-downtime ${GOAL}`],
      ['live passes', 'sent', 'total time', 'downtime', 'between ticks, usually 100 ms'],
      [column(stock, stockGap), column(tuned, tunedGap)],
      'downtime',
    )}`,
  );
  tellOfLoad([stock, tuned]);
  process.exitCode = verdict() ? 0 : 1;
} finally {
  for (const each of consoles) each.stop();
  removeTemporaryFolder(folder);
}
