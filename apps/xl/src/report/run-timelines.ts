/** The report of an evacuation: the migrations of all its domains on one axis. */
import type { EndedMigration } from '@mig/fleet';
import { terminalLines } from '@mig/protocol/terminal-text';
import { drawingOf } from './charts.js';
import type { Facts } from './facts.js';
import { figure, list, pageOf, table } from './html.js';
import { INK } from './ink.js';
import { escaped, type Plot } from './plot.js';
import type { Table } from './tables.js';
import { largest, octetsText, timeScale, timeText } from './units.js';
import { framed } from './width.js';

export interface RunReportDomain {
  readonly name: string;
  /** Memory in octets. */
  readonly memory: number;
  /** State of it in words, with the reason. */
  readonly words: string;
  readonly hasMoved: boolean;
  readonly downtimeMilliseconds?: number | undefined;
  /** The domain's last migration that has ended. */
  readonly migration?: EndedMigration | undefined;
}

export interface RunReport {
  readonly title: string;
  /** Verdict in words. */
  readonly heading: string;
  readonly kind: 'succeeded' | 'failed' | 'unknown';
  readonly circumstances: Facts;
  /** Times in milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  /** Domains in the order in which they move. */
  readonly domains: readonly RunReportDomain[];
  /** Remark on what is missing. */
  readonly note?: string | undefined;
}

/** Renders the report as one HTML page. */
export async function renderRunReport(report: RunReport): Promise<string> {
  const plot = timelines(report);
  const page = pageOf(
    report.title,
    [
      `<div class="verdict ${report.kind}"><p><strong>${escaped(report.heading)}.</strong></p></div>`,
      list('figures', 'Key figures', figuresOf(report)),
      list('circumstances', 'Circumstances', report.circumstances),
    ],
    [
      ...(plot === undefined ? [] : [figure(await drawingOf(plot))]),
      '<section aria-labelledby="tables"><h2 id="tables">Figures</h2>',
      table(tableOf(report)),
      '</section>',
    ],
  );
  return terminalLines(page);
}

function figuresOf({ domains, began, ended }: RunReport): Facts {
  const moved = domains.filter(({ hasMoved }) => hasMoved);
  const downtimes = downtimesOf(domains);
  return [
    ['moved', `${moved.length} of ${domains.length}`],
    ['time', timeText(ended - began)],
    ['memory moved', octetsText(moved.reduce((sum, { memory }) => sum + memory, 0))],
    ['longest downtime', downtimes.length === 0 ? '–' : timeText(largest(downtimes))],
  ];
}

function downtimesOf(domains: readonly RunReportDomain[]): number[] {
  return domains.flatMap(({ downtimeMilliseconds }) => downtimeMilliseconds ?? []);
}

/** A migration on the axis of its run. */
interface Bar {
  readonly name: string;
  readonly migration: EndedMigration;
  readonly from: number;
  readonly to: number;
}

function barsOf({ domains, began }: RunReport): Bar[] {
  return domains
    .flatMap(({ name, migration }) => {
      if (migration === undefined) return [];
      const from = migration.began - began;
      return [{ name, migration, from, to: from + migration.milliseconds }];
    })
    .sort((a, b) => a.from - b.from);
}

/** Plots when each domain was on its way, and when it stood still. */
export function timelines(report: RunReport): Plot | undefined {
  const bars = barsOf(report);
  if (bars.length === 0) return undefined;
  const length = largest([report.ended - report.began, ...bars.map(({ to }) => to)]);
  const { unit, of } = timeScale(length);
  // Two domains may have one name: a space without a width tells them apart.
  const rows = bars.map(
    ({ name }, i) => `${name}${'\u200b'.repeat(bars.slice(0, i).filter((bar) => bar.name === name).length)}`,
  );
  const still = bars.flatMap(({ name, to, migration: { downtimeMilliseconds: downtime } }, i) =>
    downtime === undefined
      ? []
      : [
          {
            row: rows[i]!,
            from: of(to - downtime),
            to: of(to),
            label: timeText(downtime),
            says: `downtime of ${name}: ${timeText(downtime)}, from ${timeText(to - downtime)}`,
          },
        ],
  );
  const live = bars.map(({ name, from, to, migration }, i) => ({
    row: rows[i]!,
    from: of(from),
    to: of(to - (migration.downtimeMilliseconds ?? 0)),
    kind: migration.downtimeMilliseconds === undefined ? 'not moved' : 'on its way',
    says: `${name}: ${timeText(from)} to ${timeText(to)}, ${timeText(to - from)}`,
  }));
  const y = { field: 'row', type: 'nominal', sort: rows, title: null, scale: { domain: rows } };
  const x = {
    field: 'from',
    type: 'quantitative',
    title: `time since the run began (${unit})`,
    axis: { tickCount: 9 },
    scale: { domain: [0, of(length)], nice: false },
  };
  const x2 = { field: 'to' };
  const description = { field: 'says', type: 'nominal' };
  const longest = downtimesOf(report.domains);
  return {
    title: 'Timelines of all domains',
    description: `${bars.length} migrations in ${timeText(length)}${longest.length === 0 ? '' : `; the longest downtime is ${timeText(largest(longest))}`}.`,
    note: 'The last migration of each domain, from the start of its command. The time to connect is left out: a bar ends by so much too early. Orange: the domain stands still; the figure is its downtime.',
    spec: {
      ...framed({ height: bars.length * 22, legend: true }),
      layer: [
        {
          name: 'migration',
          data: { values: live },
          mark: { type: 'bar', stroke: INK.dark, strokeWidth: 1, height: { band: 0.62 } },
          encoding: {
            y,
            x,
            x2,
            fill: {
              field: 'kind',
              type: 'nominal',
              scale: { domain: ['on its way', 'not moved'], range: [INK.sky, INK.pale] },
              legend: { values: [...new Set(live.map(({ kind }) => kind))] },
            },
            description,
          },
        },
        {
          name: 'downtime',
          data: { values: still },
          mark: { type: 'bar', fill: INK.orange, stroke: INK.orange, strokeWidth: 2, height: { band: 0.62 } },
          encoding: { y, x, x2, description },
        },
        {
          data: { values: still },
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, aria: false },
          encoding: { y, x: { ...x, field: 'to' }, text: { field: 'label', type: 'nominal' } },
        },
      ],
    },
  };
}

function tableOf({ domains, began, note }: RunReport): Table {
  const cell = <T>(value: T | undefined, show: (value: T) => string) =>
    value === undefined ? '–' : show(value);
  return {
    caption: 'Domains',
    ...(note !== undefined && { note }),
    columns: [
      { name: 'domain', numbers: false },
      { name: 'memory', numbers: true },
      { name: 'began after', numbers: true },
      { name: 'took', numbers: true },
      { name: 'downtime', numbers: true },
      { name: 'sent', numbers: true },
      { name: 'live passes', numbers: true },
      { name: 'what became of it', numbers: false },
    ],
    rows: domains.map(({ name, memory, words, downtimeMilliseconds, migration }) => [
      name,
      octetsText(memory),
      cell(migration, (each) => timeText(each.began - began)),
      cell(migration, ({ milliseconds }) => timeText(milliseconds)),
      cell(downtimeMilliseconds, timeText),
      cell(migration, ({ octets }) => octetsText(octets)),
      cell(migration, ({ passes }) => String(passes)),
      words,
    ]),
  };
}
