// Measures the downtimes of guests that move over one line: one by one, at once with the budget of `xl evacuate --link`, and at once
// without, as plain `xl migrate` that are started together. Needs root, for network namespaces and a line of a real rate.
//
// usage: node tooling/fleet/downtimes.mjs [--rate MBIT] [--rounds N] [GUESTS ...]
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { textTable } from '@mig/xl/text-table';
import { summary } from '../bench/statistics.mjs';
import { domainsOf } from '../demo/guests.mjs';
import { makePath, program, writeConfiguration } from '../demo/hosts.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';
import { Line } from './line.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rate: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '3' },
  },
});
const rate = Number(values.rate);
const counts = positionals.length > 0 ? positionals.map(Number) : [1, 2, 4, 8];
/** Share of the line that the budget gives out: what protocols add to pages must find room as well. */
const BUDGET = 0.9;
/** A guest that writes all of its 2000 pages within any pass: so many are left for the suspended domain, whoever else moves. */
const guest = { type: 'wasm', kernel: 'wss', memory: 16, cmdline: 'pages=2000 rate=20000 pattern=random' };
const targets = ['left', 'right'];

const folder = temporaryFolder('mig-downtimes-');
const ssh = join(folder, 'ssh');
const env = { ...process.env, MIG_HOST_DIR: join(folder, 'source') };
const line = new Line(`${rate}mbit`);
process.on('exit', () => line.close());

/** @param {string[]} args @returns {Promise<Record<string, unknown>[]>} the JSON lines that it prints */
async function xl(...args) {
  const child = line.start([process.execPath, program('xl'), ...args], env);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`xl ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  const lines = stdout.split('\n').filter((each) => each.startsWith('{'));
  return lines.map((each) => JSON.parse(each));
}

/** @param {number} count */
async function create(count) {
  const names = Array.from({ length: count }, (_, i) => `guest${i + 1}`);
  for (const name of names) {
    await xl('create', '-q', writeConfiguration(folder, { name, ...guest }));
  }
  return names;
}

async function destroyAll() {
  for (const host of ['source', ...targets]) {
    const own = { ...env, MIG_HOST_DIR: join(folder, host) };
    for (const { name } of domainsOf(join(folder, host))) {
      await once(line.start([process.execPath, program('xl'), 'destroy', name], own), 'close');
    }
  }
}

/** Evacuates the source. @param {number} atOnce @returns the downtimes in milliseconds */
async function evacuate(atOnce) {
  const link = `${Math.floor(rate * BUDGET)}Mbit/s`;
  const limits = ['--link', link, '--out', String(atOnce), '--in', String(atOnce)];
  const place = ['-s', ssh, '--name', 'source', '--to', targets.join()];
  const events = await xl('evacuate', '--json', ...place, ...limits);
  return events
    .filter(({ event, state }) => event === 'domain' && state === 'moved')
    .map(({ downtimeMilliseconds }) => Number(downtimeMilliseconds));
}

/**
 * The first is what the others are compared with: each guest has the line to itself, and as many guests share the cores.
 * @type {Record<string, (names: string[]) => Promise<number[]>>}
 */
const ways = {
  'one by one': () => evacuate(1),
  'at once, with the budget': (names) => evacuate(names.length),
  'at once, without': async (names) => {
    const ends = names.map(async (name, i) => {
      const events = await xl('migrate', '--json', '-s', ssh, name, targets[i % targets.length] ?? '');
      return Number(events.at(-1)?.['downtimeMilliseconds']);
    });
    return Promise.all(ends);
  },
};

try {
  const path = makePath(folder);
  line.writeSsh(ssh);
  await line.open({
    ...process.env,
    PATH: `${path}:${process.env['PATH']}`,
    MIG_HOSTS: folder,
  });

  /** @type {string[][]} */
  const rows = [];
  for (const count of counts) {
    /** The median downtime of one that has the line to itself. */
    let alone = NaN;
    for (const [way, move] of Object.entries(ways)) {
      /** @type {number[]} */
      const downtimes = [];
      for (let round = 0; round < Number(values.rounds); round++) {
        downtimes.push(...(await move(await create(count))));
        await destroyAll();
      }
      if (downtimes.some(Number.isNaN)) throw new Error(`a downtime is missing: ${downtimes.join(', ')}`);
      const { median, least, most } = summary(downtimes);
      if (Number.isNaN(alone)) alone = median;
      const ratio = (/** @type {number} */ value) => (value / alone).toFixed(2);
      const figures = [least, median, most].map((value) => value.toFixed(0));
      rows.push([String(count), way, ...figures, ratio(median), ratio(most)]);
      console.error(rows.at(-1)?.join('  '));
    }
  }
  const heading = [
    'GUESTS',
    'RATES',
    'LEAST ms',
    'MEDIAN ms',
    'MOST ms',
    'MEDIAN TO ONE BY ONE',
    'MOST TO ONE BY ONE',
  ];
  console.log(`A line of ${rate} Mbit/s; ${values.rounds} rounds; the downtimes of all guests`);
  const align = /** @type {const} */ (['right', 'left', 'right', 'right', 'right', 'right', 'right']);
  console.log(textTable([heading, ...rows], align).join('\n'));
} finally {
  removeTemporaryFolder(folder);
}
