// Downtime of an idle domain by its size, and the parts of that time.
import { join } from 'node:path';
import { memoryText, Rows, theRow } from './rows.mjs';
import { takeTrace } from './trace.mjs';
import { TwoHosts } from './two-hosts.mjs';

/** @import { TraceRecord } from '@mig/trace' */
/** @import { Table } from './parts.mjs' */
/** @import { Row } from './rows.mjs' */
/** @import { Workbench } from './workbench.mjs' */

const SMALLEST = 256;

/** @type {(name: string) => (record: TraceRecord) => boolean} */
const state = (name) => (record) => record.type === 'state' && record.state === name;

/** @param {TraceRecord} record */
const isStopAndCopy = (record) => record.type === 'pass' && record.kind === 'stop-and-copy';

/** Ends of the stages in a trace; the first begins with the state `suspending` (docs/handshake.md). */
const stages = [
  { name: 'suspended', end: state('stop-and-copy') },
  { name: 'rest sent', end: isStopAndCopy },
  { name: 'context sent', end: state('awaiting-ready') },
  { name: 'target ready', end: state('renaming-away') },
  { name: 'renamed', end: state('giving-permission') },
  { name: 'started', end: state('destroying') },
];

/**
 * @param {readonly TraceRecord[]} records
 * @returns the milliseconds of each stage; their sum is the time between the states `suspending` and
 * `destroying`
 * @throws Error if the trace lacks one
 */
export function stagesOf(records) {
  /** @param {(record: TraceRecord) => boolean} isIt */
  const find = (isIt) => {
    const found = records.find(isIt);
    if (found === undefined) throw new Error('the trace lacks a stage');
    return found;
  };
  let before = find(state('suspending')).at;
  return stages.map(({ name, end }) => {
    const { at } = find(end);
    const milliseconds = at - before;
    before = at;
    return { name, milliseconds };
  });
}

/** @param {Workbench} bench */
async function measure(bench) {
  const rows = new Rows();
  const trace = join(bench.folder, 'downtime.trace');
  const pairs = [];
  try {
    const sizes = new Set([Math.min(SMALLEST, ...bench.sizes), ...bench.sizes]);
    // At either end; domains made before stay.
    for (const memory of bench.within('downtime', sizes, (size) => 2 * size + 512)) {
      const pair = new TwoHosts();
      pairs.push({ memory, pair });
      await pair.create({ memory, kernel: 'idle', until: /^tick /m });
      // A new domain has no pages yet, and nothing was measured.
      await pair.migrate();
    }
    for (let run = 1; run <= bench.runs; run++) {
      for (const { memory, pair } of pairs) {
        const { downtimeMilliseconds } = await pair.migrate('--trace', trace);
        bench.tell(`downtime, ${memoryText(memory)}, run ${run}: ${downtimeMilliseconds.toFixed(1)} ms`);
        rows.add({ memory, name: 'downtime', unit: 'ms' }, downtimeMilliseconds);
        for (const { name, milliseconds } of stagesOf(takeTrace(trace))) {
          rows.add({ memory, name, unit: 'ms' }, milliseconds);
        }
      }
    }
    for (const { pair } of pairs) await pair.checkHealth();
  } finally {
    for (const { pair } of pairs) pair.close();
  }
  return rows.all();
}

/**
 * @param {readonly Row[]} rows
 * @returns {Table}
 */
function table(rows) {
  const totals = rows.filter(({ name }) => name === 'downtime');
  const first = theRow(totals, () => true);
  /** @param {number} value */
  const figure = (value) => value.toFixed(1);
  return {
    heading: [
      'memory',
      'ms: median',
      'least',
      'most',
      `of that of ${memoryText(first.memory)}`,
      ...stages.map(({ name }) => name),
    ],
    align: ['left', ...Array.from({ length: 4 + stages.length }, () => /** @type {const} */ ('right'))],
    rows: totals.map(({ memory, median, least, most }) => [
      memoryText(memory),
      ...[median, least, most].map(figure),
      (median / first.median).toFixed(2),
      ...stages.map(({ name }) =>
        figure(theRow(rows, (other) => other.memory === memory && other.name === name).median),
      ),
    ]),
  };
}

export const downtime = {
  name: 'downtime',
  about: 'how long an idle domain stands still, by its size',
  measure,
  table,
};
