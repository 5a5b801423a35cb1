// Effects of the precopy options on a busy guest.
import { tally } from '../policies/figures.mjs';
import { row, theRow } from './rows.mjs';
import { TwoHosts } from './two-hosts.mjs';

/** @import { Table } from './parts.mjs' */
/** @import { Row } from './rows.mjs' */
/** @import { Report } from './two-hosts.mjs' */
/** @import { Workbench } from './workbench.mjs' */

const MIB = 2 ** 20;
const MEMORY = 256;
const SETTINGS = ['-i 1', '-i 5', '-i 20 -d 10'];

/** @param {Workbench} bench */
async function measure(bench) {
  const [memory] = bench.within('settings', [MEMORY], (size) => 2 * size + 512);
  if (memory === undefined) return [];
  const pair = new TwoHosts();
  /** @type {Map<string, Report[]>} */
  const reports = new Map(SETTINGS.map((options) => [options, []]));
  try {
    await pair.create({ memory, command: 'pages=20000 rate=50000 pattern=random' });
    for (let run = 1; run <= bench.runs; run++) {
      for (const [options, of] of reports) {
        const report = await pair.migrate(...options.split(' '));
        bench.tell(`settings, ${options}, run ${run}: ${report.downtimeMilliseconds.toFixed(1)} ms`);
        of.push(report);
      }
    }
    await pair.checkHealth();
  } finally {
    pair.close();
  }
  return [...reports].flatMap(([options, of]) => {
    const endedBy = tally(of.map(({ reason }) => reason));
    /** @type {(name: string, unit: string, value: (report: Report) => number) => Row} */
    const figure = (name, unit, value) => row({ memory, options, endedBy, name, unit }, of.map(value));
    return [
      figure('live passes', '', ({ iterations }) => iterations),
      figure('sent', 'MiB', ({ octetsSent }) => octetsSent / MIB),
      figure('downtime', 'ms', ({ downtimeMilliseconds }) => downtimeMilliseconds),
    ];
  });
}

/**
 * @param {readonly Row[]} rows
 * @returns {Table}
 */
function table(rows) {
  const downtimes = rows.filter(({ name }) => name === 'downtime');
  return {
    heading: [
      'options',
      'live passes',
      'MiB sent',
      'downtime, ms: median',
      'least',
      'most',
      'precopy ended by',
    ],
    align: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    rows: downtimes.map(({ options = '', median, least, most, endedBy = '' }) => {
      /** @param {string} name */
      const other = (name) => theRow(rows, (each) => each.options === options && each.name === name).median;
      const times = [median, least, most].map((time) => time.toFixed(1));
      return [options, String(other('live passes')), other('sent').toFixed(0), ...times, endedBy];
    }),
  };
}

export const settings = {
  name: 'settings',
  about: 'what the precopy options do to a busy guest',
  measure,
  table,
};
