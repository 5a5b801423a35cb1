/** Plots the rate of sending, and the guest's rate of dirtying. */
import { isLive } from '@mig/hypervisor';
import { INK, type Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { largest, mib, mibOfPages, seconds, smallest, timeText } from './units.js';
import { framed, titleAbove } from './width.js';

/** Most points of a line: more cannot be seen. */
const MAX_POINTS = 400;
const SENDING = 'sent (mean of the pass)';
const MOMENT = 'sent (last 32 MiB)';
const DIRTYING = 'dirtied';
const SERIES = [SENDING, MOMENT, DIRTYING];
const DASHES = [
  [1, 0],
  [1, 2],
  [7, 3],
];

interface Point {
  readonly series: string;
  /** Time in seconds. */
  readonly time: number;
  /** Rate in MiB per second. */
  readonly rate: number;
  /** The line's name: its points are joined. */
  readonly part: string;
  /** The legend of the line. */
  readonly says: string;
}

export function rateChart(model: ReportModel): Plot | undefined {
  const points = [...meanRates(model), ...momentRates(model), ...dirtyRates(model)];
  if (points.length === 0) return undefined;
  const { downtime } = model;
  const still = downtime && {
    from: seconds(downtime.from),
    to: seconds(downtime.to),
    label: `downtime ${timeText(downtime.to - downtime.from)}`,
  };
  const end = seconds(model.length);
  const top = largest(points.map(({ rate }) => rate));
  const scale = { domain: [0, end], nice: false };
  const x = { field: 'time', type: 'quantitative', title: 'time since the start (s)', scale };
  const color = { field: 'series', type: 'nominal', scale: { domain: SERIES, range: LINES }, legend: LEGEND };
  return {
    title: 'Rates while the domain runs',
    description:
      `Sending at ${range(points, SENDING)} as the mean of each live pass` +
      `${points.some(({ series }) => series === DIRTYING) ? `; the guest dirtied ${range(points, DIRTYING)}` : ''}.`,
    spec: {
      ...framed({ height: 220, legend: true }),
      layer: [
        ...(still ? band(still, scale) : []),
        {
          name: 'rate',
          data: { values: points },
          mark: { type: 'line', strokeWidth: 2, strokeCap: 'butt' },
          encoding: {
            x,
            y: {
              field: 'rate',
              type: 'quantitative',
              title: 'rate (MiB/s)',
              axis: titleAbove,
              scale: { domain: [0, top * 1.1 || 1], nice: true },
            },
            color,
            strokeDash: {
              field: 'series',
              type: 'nominal',
              scale: { domain: SERIES, range: DASHES },
              legend: LEGEND,
            },
            detail: { field: 'part' },
            description: { field: 'says', type: 'nominal' },
          },
        },
      ],
    },
  };
}

const LINES = [INK.dark, INK.blue, INK.orange];
const LEGEND = { symbolType: 'stroke', symbolSize: 600, symbolStrokeWidth: 2 };

function band(still: { from: number; to: number; label: string }, scale: object): object[] {
  const x = { field: 'from', type: 'quantitative', scale };
  return [
    {
      data: { values: [still] },
      mark: { type: 'rect', fill: INK.pale, opacity: 0.7, aria: false },
      encoding: { x, x2: { field: 'to' } },
    },
    {
      data: { values: [still] },
      mark: { type: 'rule', stroke: INK.orange, strokeDash: [2, 2], aria: false },
      encoding: { x },
    },
    {
      data: { values: [still] },
      mark: { type: 'text', align: 'right', dx: -5, baseline: 'top', y: 4, aria: false },
      encoding: { x, y: { value: 6 }, text: { field: 'label', type: 'nominal' } },
    },
  ];
}

function meanRates({ passes }: ReportModel): Point[] {
  return passes.flatMap(({ kind, iteration, from, to, octets, milliseconds }) => {
    // The suspended domain is sent without a limit, which would flatten all else.
    if (!isLive(kind) || octets === undefined || !milliseconds) return [];
    const rate = mib(octets) / seconds(milliseconds);
    const part = `mean ${iteration}`;
    const says = `pass ${iteration}, sent at ${rateText(rate)}`;
    return [from, to].map((time) => ({ series: SENDING, time: seconds(time), rate, part, says }));
  });
}

function momentRates({ consultations }: ReportModel): Point[] {
  const known = consultations.filter(({ sendRate }) => sendRate !== undefined);
  const every = Math.ceil(known.length / MAX_POINTS);
  return known
    .filter((_, i) => i % every === 0)
    .map(({ at, sendRate }) => ({
      series: MOMENT,
      time: seconds(at),
      rate: mibOfPages(sendRate!),
      part: 'moment',
      says: 'sent, of the last 32 MiB, as it went on',
    }));
}

/** Dirty rates: each belongs to the pass after which the log was read. */
function dirtyRates({ consultations }: ReportModel): Point[] {
  const reads = consultations.filter(({ point }) => point === 'dirty-count-known');
  return reads.flatMap(({ at, dirtyRate }, i) => {
    const before = reads[i - 1];
    if (before === undefined || dirtyRate === undefined) return [];
    const part = `dirty ${i}`;
    const rate = mibOfPages(dirtyRate);
    const says = `during pass ${i - 1}, dirtied at ${rateText(rate)}`;
    return [before.at, at].map((time) => ({ series: DIRTYING, time: seconds(time), rate, part, says }));
  });
}

function rateText(rate: number): string {
  return `${rate.toFixed(1)} MiB/s`;
}

function range(points: readonly Point[], series: string): string {
  const rates = points.filter((point) => point.series === series).map(({ rate }) => rate);
  if (rates.length === 0) return 'an unknown rate';
  return `${smallest(rates).toFixed(1)} to ${largest(rates).toFixed(1)} MiB/s`;
}
