// What was measured, as a file: a line for each row, so that a change of it can be read.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { circumstances } from '../policies/results.mjs';
import { compiler } from './plain-copy.mjs';
import { qemuVersion } from './qemu.mjs';

export function startResults(command, { runs, sizes }) {
  return {
    circumstances: {
      ...circumstances(command, runs),
      sizes,
      // Of the minute before.
      load: loadavg()[0],
      compiler: compiler(),
      qemu: qemuVersion(),
    },
    notes: [],
    rows: [],
  };
}

export function write(path, { circumstances, notes, rows }) {
  const head = JSON.stringify({ circumstances, notes }, null, 2).slice(0, -2);
  const lines = rows.map((each) => `    ${JSON.stringify(each)}`).join(',\n');
  writeFileSync(path, `${head},\n  "rows": [\n${lines}\n  ]\n}\n`);
}

export function read(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
