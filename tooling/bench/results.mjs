// The measured values as a file: a line for each row, so that its diffs can be read.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { circumstances } from '../policies/results.mjs';
import { compiler } from './plain-copy.mjs';
import { qemuVersion } from './qemu.mjs';

/** @import { Row } from './rows.mjs' */

/**
 * @typedef {object} Results
 * @property {ReturnType<typeof circumstances> & Beside} circumstances
 * @property {string[]} notes
 * @property {(Row & { part: string })[]} rows
 */
/**
 * @typedef {object} Beside
 * @property {number[]} sizes MiB
 * @property {number} load the average of the minute before
 * @property {string | undefined} compiler its version; undefined if there is none
 * @property {string | undefined} qemu its version; undefined if there is none
 */

/**
 * @param {string} command
 * @param {{ runs: number, sizes: number[] }} how
 * @returns {Results} without rows
 */
export function startResults(command, { runs, sizes }) {
  return {
    circumstances: {
      ...circumstances(command, runs),
      sizes,
      load: loadavg()[0] ?? NaN,
      compiler: compiler(),
      qemu: qemuVersion(),
    },
    notes: [],
    rows: [],
  };
}

/** @param {string} path @param {Results} results */
export function write(path, { circumstances, notes, rows }) {
  const head = JSON.stringify({ circumstances, notes }, null, 2).slice(0, -2);
  const lines = rows.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  writeFileSync(path, `${head},\n  "rows": [\n${lines}\n  ]\n}\n`);
}

/**
 * @param {string} path
 * @returns {Results}
 */
export function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
