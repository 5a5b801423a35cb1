// What was measured, as a file: a line for each migration, so that a change of it can be read.
import { parseProcessStat } from '@mig/posix';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** @typedef {[kind: string, dirtyPages: number, sentPages: number, milliseconds: number]} Pass */
/**
 * @typedef {object} Migration
 * @property {string} link by its name, as the next two
 * @property {string} workload
 * @property {string} policy
 * @property {number} run
 * @property {number | string} status
 * @property {string} reason why precopy ended
 * @property {number} iterations
 * @property {number} milliseconds
 * @property {number} octets
 * @property {number | undefined} [downtime] milliseconds; absent where the domain was left running
 * @property {number | undefined} [estimate] milliseconds; absent where precopy did not end with the count known
 * @property {number} suspendCost milliseconds
 * @property {number} load the average of the minute before
 * @property {Pass[]} [passes] of the first run
 */
/** @typedef {{ circumstances: ReturnType<typeof circumstances>, migrations: Migration[] }} Results */

// sched(7)
const SCHED_FIFO = 1;
const SCHED_RR = 2;

/**
 * Conditions of the measurement beside the cells.
 * @param {string} command
 * @param {number} runs
 */
export function circumstances(command, runs) {
  const model = cpus()[0]?.model ?? 'a processor';
  return {
    date: new Date().toISOString(),
    command,
    runs,
    processor: model.replaceAll(/\s+/g, ' ').trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    linux: /^[0-9.]*[0-9]/.exec(release())?.[0],
    node: process.version,
    realTime: isRealTime(),
  };
}

/** Tells whether the process runs under `chrt`: then other programs do not interrupt it. */
function isRealTime() {
  const policy = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'))?.policy;
  return policy === SCHED_FIFO || policy === SCHED_RR;
}

/** @param {string} path @param {Results} results */
export function write(path, { circumstances, migrations }) {
  const lines = migrations.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  const head = JSON.stringify(circumstances, null, 2).replaceAll('\n', '\n  ');
  writeFileSync(path, `{\n  "circumstances": ${head},\n  "migrations": [\n${lines}\n  ]\n}\n`);
}

/**
 * @param {string} path
 * @returns {Results}
 */
export function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
