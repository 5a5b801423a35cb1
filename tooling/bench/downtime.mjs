// How long an idle domain stands still, by its size, and where that time goes.
import { join } from 'node:path';
import { memoryText, Rows } from './rows.mjs';
import { takeTrace } from './trace.mjs';
import { TwoHosts } from './two-hosts.mjs';

const SMALLEST = 256;

const state = (name) => (record) => record.type === 'state' && record.state === name;

/** What ends each, in a trace; the first begins with the state `suspending` (docs/handshake.md). */
const stages = [
  { name: 'suspended', end: state('stop-and-copy') },
  { name: 'rest sent', end: ({ type, kind }) => type === 'pass' && kind === 'stop-and-copy' },
  { name: 'context sent', end: state('awaiting-ready') },
  { name: 'target ready', end: state('renaming-away') },
  { name: 'renamed', end: state('giving-permission') },
  { name: 'started', end: state('destroying') },
];

/** @returns of each stage its milliseconds; together, what lies between the states `suspending` and `destroying` */
export function stagesOf(records) {
  let before = records.find(state('suspending')).at;
  return stages.map(({ name, end }) => {
    const { at } = records.find(end);
    const milliseconds = at - before;
    before = at;
    return { name, milliseconds };
  });
}

async function measure(bench) {
  const rows = new Rows();
  const trace = join(bench.folder, 'downtime.trace');
  const pairs = [];
  try {
    const sizes = new Set([Math.min(SMALLEST, ...bench.sizes), ...bench.sizes]);
    // At either end; those before stay where they are.
    for (const memory of bench.within('downtime', sizes, (size) => 2 * size + 512)) {
      const pair = new TwoHosts();
      pairs.push({ memory, pair });
      await pair.create({ memory, kernel: 'idle', until: /^tick /m });
      // Of what has just been created no page is there, nor was anything measured.
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

function table(rows) {
  const totals = rows.filter(({ name }) => name === 'downtime');
  const figure = (value) => value.toFixed(1);
  return {
    heading: [
      'memory',
      'ms: median',
      'least',
      'most',
      `of that of ${memoryText(totals[0].memory)}`,
      ...stages.map(({ name }) => name),
    ],
    align: ['left', ...Array.from({ length: 4 + stages.length }, () => 'right')],
    rows: totals.map(({ memory, median, least, most }) => [
      memoryText(memory),
      ...[median, least, most].map(figure),
      (median / totals[0].median).toFixed(2),
      ...stages.map(({ name }) =>
        figure(rows.find((other) => other.memory === memory && other.name === name).median),
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
