// Cost of a live pass after the first, by how much the guest has written and how it is distributed.
// Measured in whole migrations of a guest that writes exactly what it is told to between two passes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDirtyGuest } from './dirty-guest.mjs';
import { writablePages } from './mailbox.mjs';
import { memoryText, Rows, theRow } from './rows.mjs';
import { takeTrace } from './trace.mjs';
import { TwoHosts } from './two-hosts.mjs';

/** @import { TraceRecord } from '@mig/trace' */
/** @import { PageSet } from './mailbox.mjs' */
/** @import { Table } from './parts.mjs' */
/** @import { Row } from './rows.mjs' */
/** @import { Workbench } from './workbench.mjs' */

const PAGE = 4096;
const RUN = 64;

/**
 * Memory needed in MiB: the domain at either end.
 * @param {number} memory
 */
const needed = (memory) => 2 * memory + 512;

/**
 * Sets of pages at equal distances over all of memory: single pages, and runs of them.
 * @param {number} memory MiB
 */
function setsOf(memory) {
  const pages = writablePages(memory);
  /** @type {(percent: number, run: number, how?: string) => PageSet & { name: string }} */
  const part = (percent, run, how = '') => ({
    name: `${percent} %${how}`,
    count: Math.floor((pages * percent) / 100 / run) * run,
    run,
  });
  const some = [1, 10].flatMap((percent) => [
    part(percent, RUN, `, runs of ${RUN}`),
    part(percent, 1, ', single pages'),
  ]);
  return [part(0, 1), ...some, part(100, RUN)];
}

/** @param {Workbench} bench */
async function measure(bench) {
  const kernel = await buildDirtyGuest(bench.folder);
  const rows = new Rows();
  for (const memory of bench.within('later-passes', bench.sizes, needed)) {
    const pair = new TwoHosts();
    try {
      await pair.create({ memory, kernel, until: /filled/ });
      await measureSize(bench, { memory, pair, rows });
    } finally {
      pair.close();
    }
  }
  return rows.all();
}

/**
 * Measures all sets in one migration: a pass for each set, in turn, repeatedly.
 * @param {Workbench} bench
 * @param {{ memory: number, pair: TwoHosts, rows: Rows }} what
 */
async function measureSize(bench, { memory, pair, rows }) {
  const order = Array.from({ length: bench.runs }, () => setsOf(memory)).flat();
  const policy = join(bench.folder, 'policy.mjs');
  const trace = join(bench.folder, 'passes.trace');
  const maker = JSON.stringify(new URL('writing-policy.mjs', import.meta.url));
  const given = [pair.ram(), order].map((value) => JSON.stringify(value)).join(', ');
  writeFileSync(policy, `import { writingPolicy } from ${maker};\nexport default writingPolicy(${given});\n`);
  bench.tell(`later-passes, ${memoryText(memory)}: ${order.length} passes`);
  const { passes } = await pair.migrate('--policy', policy, '--trace', trace);
  const reads = logReads(takeTrace(trace));
  for (const [i, { name, count }] of order.entries()) {
    const [pass, read] = [passes[i + 1], reads[i]];
    // Its answer dirties one page more.
    if (pass?.dirtyPages !== count + 1 || read === undefined)
      throw new Error(`${pass?.dirtyPages} pages were dirty where ${count + 1} were written`);
    const what = { memory, dirty: name, pages: pass.dirtyPages };
    rows.add({ ...what, name: 'log read and cleared', unit: 'ms' }, read);
    rows.add({ ...what, name: 'pages found and sent', unit: 'ms' }, pass.milliseconds);
  }
}

/**
 * Milliseconds of each reading of the log: between the policy's answer and its next question, only the log
 * is read.
 * @param {readonly TraceRecord[]} records
 */
function logReads(records) {
  return records.flatMap((record, i) => {
    const next = records[i + 1];
    if (record.type !== 'consulted' || record.point !== 'pass-finished') return [];
    return next?.type === 'consulted' && next.point === 'dirty-count-known' ? [next.at - record.at] : [];
  });
}

/**
 * @param {readonly Row[]} rows
 * @returns {Table}
 */
function table(rows) {
  const found = rows.filter(({ name }) => name === 'pages found and sent');
  return {
    heading: [
      'memory',
      'dirty',
      'pages',
      'log, ms: median',
      'least',
      'most',
      'pass, ms: median',
      'least',
      'most',
      'GB/s',
    ],
    align: ['left', 'left', ...Array.from({ length: 8 }, () => /** @type {const} */ ('right'))],
    rows: found.map((pass) => {
      const { dirty: set = '', pages = 0 } = pass;
      const log = theRow(
        rows,
        ({ memory, dirty, name }) => memory === pass.memory && dirty === pass.dirty && name !== pass.name,
      );
      const times = [log, pass].flatMap(({ median, least, most }) => [median, least, most]);
      return [
        memoryText(pass.memory),
        set,
        pages.toLocaleString('en'),
        ...times.map((time) => time.toFixed(time < 100 ? 2 : 0)),
        // The answer's page alone gives no rate.
        pages === 1 ? '' : ((pages * PAGE) / pass.median / 1e6).toFixed(2),
      ];
    }),
  };
}

export const laterPasses = {
  name: 'later-passes',
  about: 'live passes after the first, by how many pages the guest has written and where',
  measure,
  table,
};
