// Memory that the processes of both ends need for themselves while a domain of 2 GiB migrates: their
// RssAnon.
import { readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryText, Rows } from './rows.mjs';
import { TwoHosts } from './two-hosts.mjs';

/** @import { Table } from './parts.mjs' */
/** @import { Row } from './rows.mjs' */
/** @import { Workbench } from './workbench.mjs' */

const MEMORY = 2048;
/** Milliseconds between two looks. */
const INTERVAL = 20;

/** @param {Workbench} bench */
async function measure(bench) {
  const [memory] = bench.within(
    'memory',
    [Math.min(MEMORY, Math.max(...bench.sizes))],
    (size) => 2 * size + 512,
  );
  if (memory === undefined) return [];
  const rows = new Rows();
  const pair = new TwoHosts();
  try {
    await pair.create({
      memory,
      command: `pages=${Math.min(20_000, memory * 128)} rate=20000 pattern=random`,
    });
    // The process of a created domain differs from that of an arrived one.
    await pair.migrate();
    for (let run = 1; run <= bench.runs; run++) {
      const most = await mostWhile(pair, () => pair.migrate());
      for (const [name, mebibytes] of [...most].sort()) {
        rows.add({ memory, name, unit: 'MiB' }, mebibytes);
        bench.tell(`memory, run ${run}: ${name} ${mebibytes.toFixed(0)} MiB`);
      }
    }
    await pair.checkHealth();
  } finally {
    pair.close();
  }
  return rows.all();
}

/**
 * @param {TwoHosts} pair
 * @param {() => Promise<unknown>} work
 * @returns the peak in MiB, by name of the process
 */
async function mostWhile(pair, work) {
  /** @type {Map<string, number>} */
  const most = new Map();
  let done = false;
  const watch = (async () => {
    while (!done) {
      for (const pid of pair.processes()) {
        const seen = look(pair, pid);
        if (seen !== undefined) most.set(seen.name, Math.max(most.get(seen.name) ?? 0, seen.mebibytes));
      }
      await sleep(INTERVAL);
    }
  })();
  try {
    await work();
  } finally {
    done = true;
    await watch;
  }
  return most;
}

/**
 * @param {TwoHosts} pair
 * @param {string} pid
 * @returns undefined for a process that is gone, or not mig's: the shell that starts it
 */
function look(pair, pid) {
  try {
    if (readlinkSync(`/proc/${pid}/exe`) !== process.execPath) return undefined;
    const kib = /(?<=^RssAnon:\s+)\d+/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[0];
    if (kib === undefined) return undefined;
    return { name: nameOf(pair, pid), mebibytes: Number(kib) / 1024 };
  } catch {
    return undefined;
  }
}

/**
 * The name: end, program and command, as in "source: bin/xl.js migrate".
 * @param {TwoHosts} pair
 * @param {string} pid
 */
function nameOf(pair, pid) {
  const [, script = '', command = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const end = pair.endOf(readFileSync(`/proc/${pid}/environ`, 'utf8'));
  const program = script.split('/').slice(-2).join('/');
  return `${end}: ${[program, command].filter((word) => /^[\w/.-]+$/.test(word) && !word.startsWith('/')).join(' ')}`;
}

/**
 * @param {readonly Row[]} rows
 * @returns {Table}
 */
function table(rows) {
  return {
    heading: ['memory', 'process', 'RssAnon at most, MiB: median', 'least', 'most'],
    align: ['left', 'left', 'right', 'right', 'right'],
    rows: rows.map(({ memory, name, median, least, most }) => [
      memoryText(memory),
      name,
      ...[median, least, most].map((mebibytes) => mebibytes.toFixed(0)),
    ]),
  };
}

export const memory = {
  name: 'memory',
  about: 'what the processes of both ends need for themselves while a domain moves',
  measure,
  table,
};
