// The fault campaign: migrations on real processes with injected faults; the state of the domain at either
// end is judged by the tables *Who may run the domain*. See docs/reliability.md.
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { sweep } from './processes.mjs';
import { caseOf, describeCase, strata } from './strata.mjs';
import { Summary } from './summary.mjs';

/** @import { Result } from './worker.mjs' */

const usage = `usage: pnpm faults [--seed S] [--cases N] [--only CASE[,CASE ...]] [--jobs J] [--list] [--verbose] [--write]

  --seed S     what is left open by the enumeration is drawn from it; 1 unless given
  --cases N    so many cases; ${strata.length}, which is each stratum once, unless given
  --only CASE  these cases alone
  --jobs J     so many at a time; 2 unless given
  --list       says what the cases are, and performs none
  --verbose    says all that was seen of each
  --write      puts the table of outcomes into docs/reliability.md`;

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function parse() {
  /** @param {string} value */
  const string = (value) => ({ type: /** @type {const} */ ('string'), default: value });
  try {
    const { values } = parseArgs({
      options: {
        seed: string('1'),
        cases: string(String(strata.length)),
        only: { type: 'string' },
        jobs: string('2'),
        list: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(name, text, least) {
  if (!/^[0-9]+$/.test(text) || Number(text) < least)
    fail(`--${name} must be a whole number of ${least} or more`);
  return Number(text);
}

const options = parse();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const seed = wholeNumber('seed', options.seed, 0);
const count = wholeNumber('cases', options.cases, 1);
const jobs = wholeNumber('jobs', options.jobs, 1);
const indices =
  options.only === undefined
    ? Array.from({ length: count }, (_, i) => i)
    : options.only.split(',').map((text) => wholeNumber('only', text, 0));

if (options.list) {
  for (const index of indices) console.log(`${index}  ${describeCase(caseOf(seed, index))}`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'mig-faults-'));
/** @type {Set<import('node:child_process').ChildProcess>} */
const workers = new Set();
const summary = new Summary(seed);
const began = performance.now();
/**
 * The signal that interrupted the campaign.
 * @type {string | undefined}
 */
let interrupted;

/**
 * Starts one of several processes, so that a blocking case does not delay the others.
 * @param {number[]} queue indices of the cases not begun
 * @returns {Promise<void>}
 */
function employ(queue) {
  return new Promise((resolve, reject) => {
    const program = fileURLToPath(new URL('worker.mjs', import.meta.url));
    const worker = fork(program, [folder, String(seed)]);
    workers.add(worker);
    /** @type {number | undefined} */
    let index;
    const next = () => {
      index = interrupted === undefined ? queue.shift() : undefined;
      if (index === undefined) worker.kill();
      else worker.send(index);
    };
    worker.on('message', (/** @type {'ready' | (Result & { index: number })} */ message) => {
      if (message !== 'ready') report(message.index, message);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (status, signal) => {
      workers.delete(worker);
      if (index === undefined || interrupted !== undefined) return resolve();
      report(index, { violations: [`the case itself ended with ${status ?? signal}`] });
      resolve(employ(queue));
    });
  });
}

/** Cases between two progress lines without a terminal. */
const SIGN = 50;

/** @param {number} index @param {Result} result */
function report(index, result) {
  const { violations, seen } = result;
  const it = caseOf(seed, index);
  summary.add(it, result);
  if (options.verbose) console.log(`${index}  ${describeCase(it)}\n${JSON.stringify(seen, undefined, 2)}`);
  for (const each of violations) console.error(`\n${index}  ${describeCase(it)}\n    ${each}`);
  const progress = `${summary.cases} of ${indices.length}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${progress} `);
  else if (summary.cases % SIGN === 0) console.error(progress);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interrupted = signal;
    for (const worker of workers) worker.kill('SIGKILL');
  });
}

/** @param {string} table */
function writeTable(table) {
  const path = new URL('../../docs/reliability.md', import.meta.url);
  const text = readFileSync(path, 'utf8');
  const mark = '<!-- table: outcomes -->';
  const from = text.indexOf(mark) + mark.length;
  writeFileSync(
    path,
    `${text.slice(0, from)}\n\n${table}\n\n${text.slice(text.indexOf('<!-- end of table -->', from))}`,
  );
}

const queue = [...indices];
try {
  await Promise.all(Array.from({ length: Math.min(jobs, queue.length) }, () => employ(queue)));
} finally {
  await sweep(folder);
  rmSync(folder, { recursive: true, force: true });
}
const seconds = (performance.now() - began) / 1000;
console.log(summary.text(seconds));
if (options.write) writeTable(summary.table());
if (interrupted !== undefined) console.log(`interrupted by ${interrupted}`);
process.exitCode = interrupted !== undefined || !summary.clean || summary.cases < indices.length ? 1 : 0;
