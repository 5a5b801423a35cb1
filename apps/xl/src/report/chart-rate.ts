/** Plots the rate of sending, and what is known of the guest's rate of writing. */
import { isLive } from '@mig/hypervisor';
import { PAGE_SIZE } from '@mig/protocol';
import { INK } from './ink.js';
import type { Plot } from './plot.js';
import type { ReportModel, Span } from './report-model.js';
import { largest, rateScale, rateText, smallest, timeScale, timeText } from './units.js';
import { framed, IN_STRIP, timeAxis, valueAxis } from './width.js';

/** Most points of a line: more cannot be seen. */
const MAX_POINTS = 400;
/** Pages over which the rate of the moment is taken: before so many are sent, it tells of buffers that fill. */
const MOMENT_PAGES = 8192;
/** Most passes whose lines stand apart: the dashes of more would be lost. */
const MOST_APART = 24;
const SENDING = 'sent (mean of a pass)';
const MOMENT = 'sent (last 32 MiB)';
const WRITTEN = 'written by the guest, at least';
const SERIES = [SENDING, MOMENT, WRITTEN];
const DASHES = [
  [1, 0],
  [1, 2],
  [7, 3],
];
const LINES = [INK.dark, INK.blue, INK.orange];
const SYMBOL = { symbolType: 'stroke', symbolSize: 600, symbolStrokeWidth: 2 };

/** The note without which the lines cannot be compared. */
const DISTINCT =
  'Of what the guest writes, each page counts once a pass, however often it is written: it may write far more than is ' +
  'shown. Where a pass finds as many pages dirty as the one before, the guest writes at least as fast as is sent, ' +
  'wherever the lines lie.';

interface Point {
  readonly series: string;
  /** Time in milliseconds. */
  readonly time: number;
  /** Rate in bytes per second. */
  readonly rate: number;
  /** The line's name: its points are joined. */
  readonly part: string;
  /** The legend of the line. */
  readonly says: string;
}

export function rateChart(model: ReportModel): Plot | undefined {
  const points = [...meanRates(model), ...momentRates(model), ...writtenRates(model)];
  if (points.length === 0) return undefined;
  const { downtime, length } = model;
  const time = timeScale(length);
  const top = largest(points.map(({ rate }) => rate));
  const rate = rateScale(top);
  const axis = timeAxis(time.of(length), time.unit);
  const channel = (range: readonly unknown[]) => ({
    field: 'series',
    type: 'nominal',
    scale: { domain: SERIES, range },
    legend: { ...SYMBOL, values: SERIES.filter((name) => points.some(({ series }) => series === name)) },
  });
  const isWritten = points.some(({ series }) => series === WRITTEN);
  return {
    title: 'Rates while the domain runs',
    description:
      `Sending at ${range(points, SENDING)} as the mean of each live pass` +
      `${isWritten ? `; the guest wrote at least ${range(points, WRITTEN)}` : ''}.`,
    ...(isWritten && { note: DISTINCT }),
    spec: {
      ...framed({ height: 220, legend: true }),
      layer: [
        ...(downtime ? band(downtime, axis, time.of) : []),
        {
          name: 'rate',
          data: {
            values: points.map((point) => ({
              ...point,
              time: time.of(point.time),
              rate: rate.of(point.rate),
            })),
          },
          mark: { type: 'line', strokeWidth: 2, strokeCap: 'butt' },
          encoding: {
            x: { field: 'time', ...axis },
            y: {
              field: 'rate',
              type: 'quantitative',
              title: rate.unit,
              axis: valueAxis,
              scale: { domain: [0, rate.of(top) * 1.1 || 1], nice: true },
            },
            color: channel(LINES),
            strokeDash: channel(DASHES),
            detail: { field: 'part' },
            description: { field: 'says', type: 'nominal' },
          },
        },
      ],
    },
  };
}

function band({ from, to }: Span, axis: object, of: (milliseconds: number) => number): object[] {
  const values = [{ from: of(from), to: of(to), label: `downtime ${timeText(to - from)}` }];
  const x = { field: 'from', ...axis };
  return [
    {
      data: { values },
      mark: { type: 'rect', fill: INK.pale, aria: false },
      encoding: { x, x2: { field: 'to' } },
    },
    {
      data: { values },
      mark: { type: 'rule', stroke: INK.orange, strokeDash: [2, 2], aria: false },
      encoding: { x },
    },
    {
      data: { values },
      mark: { type: 'text', align: 'right', baseline: 'bottom', aria: false },
      encoding: {
        x: { ...x, field: 'to' },
        y: { value: IN_STRIP },
        text: { field: 'label', type: 'nominal' },
      },
    },
  ];
}

function meanRates({ passes }: ReportModel): Point[] {
  return passes.flatMap(({ kind, iteration, from, to, octets, milliseconds }) => {
    // The suspended domain is sent without a limit, which would flatten all else.
    if (!isLive(kind) || octets === undefined || !milliseconds) return [];
    const rate = (octets / milliseconds) * 1000;
    const part = apart(passes.length, 'mean', iteration);
    const says = `pass ${iteration}, sent at ${rateText(rate, 1000)}`;
    return [from, to].map((time) => ({ series: SENDING, time, rate, part, says }));
  });
}

function momentRates({ consultations }: ReportModel): Point[] {
  const known = consultations.filter(
    ({ sendRate, totalWritten }) => sendRate !== undefined && totalWritten >= MOMENT_PAGES,
  );
  const every = Math.ceil(known.length / MAX_POINTS);
  return known
    .filter((_, i) => i % every === 0)
    .map(({ at, sendRate }) => ({
      series: MOMENT,
      time: at,
      rate: sendRate! * PAGE_SIZE,
      part: 'moment',
      says: 'sent, of the last 32 MiB, as it went on',
    }));
}

/** Rates of distinct pages: each belongs to the pass after which the log was read. */
function writtenRates({ consultations }: ReportModel): Point[] {
  const reads = consultations.filter(({ point }) => point === 'dirty-count-known');
  return reads.flatMap(({ at, dirtyRate }, i) => {
    const before = reads[i - 1];
    if (before === undefined || dirtyRate === undefined) return [];
    const part = apart(reads.length, 'written', i);
    const rate = dirtyRate * PAGE_SIZE;
    const says = `during pass ${i - 1}, the guest wrote at least ${rateText(rate, 1000)}`;
    return [before.at, at].map((time) => ({ series: WRITTEN, time, rate, part, says }));
  });
}

function apart(count: number, name: string, index: number): string {
  return count > MOST_APART ? name : `${name} ${index}`;
}

function range(points: readonly Point[], series: string): string {
  const rates = points.filter((point) => point.series === series).map(({ rate }) => rate);
  if (rates.length === 0) return 'an unknown rate';
  return `${rateText(smallest(rates), 1000)} to ${rateText(largest(rates), 1000)}`;
}
