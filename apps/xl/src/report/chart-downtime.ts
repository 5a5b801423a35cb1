/** Plots the parts of the downtime: the states of the handshake within it. */
import { INK } from './ink.js';
import type { Plot } from './plot.js';
import type { Span, ReportModel } from './report-model.js';
import { timeScale, timeText } from './units.js';
import { framed } from './width.js';

/** The meaning of a state for the domain that stands still. */
const WHAT: Readonly<Record<string, string>> = {
  suspending: 'the guest suspends',
  'stop-and-copy': 'the last pages and the context',
  'awaiting-ready': 'the target completes the domain',
  'renaming-away': 'the domain is renamed here',
  'giving-permission': 'permission to go',
  'awaiting-report': 'the target starts it, and reports',
  'awaiting-permission-back': 'permission comes back',
  'taking-back': 'the domain is resumed here',
};

export function downtimeChart(model: ReportModel): Plot | undefined {
  const { downtime } = model;
  if (downtime === undefined || downtime.to <= downtime.from) return undefined;
  const length = downtime.to - downtime.from;
  const { unit, of } = timeScale(length);
  const parts = model.states
    .filter(({ state }) => state in WHAT)
    .map(({ state, ...span }) => ({ what: WHAT[state]!, ...within(span, downtime) }))
    .filter(({ from, to }) => to > from)
    .map(({ what, from, to }) => ({
      what,
      from: of(from - downtime.from),
      to: of(to - downtime.from),
      label: timeText(to - from),
      says: `${what}: ${timeText(to - from)}`,
    }));
  if (parts.length === 0) return undefined;
  const rows = [...new Set(parts.map(({ what }) => what))];
  const y = { field: 'what', type: 'nominal', sort: rows, title: null };
  const x = {
    field: 'from',
    type: 'quantitative',
    title: `time since the suspend was requested (${unit})`,
    scale: { domain: [0, of(length)], nice: false },
  };
  return {
    title: `The downtime of ${timeText(length)} in detail`,
    description: `${parts.map(({ says }) => says).join('; ')}.`,
    spec: {
      ...framed({ left: 240, height: rows.length * 24, legend: false }),
      layer: [
        {
          name: 'downtime_part',
          data: { values: parts },
          mark: {
            type: 'bar',
            fill: INK.orange,
            stroke: INK.orange,
            strokeWidth: 1,
            height: { band: 0.6 },
          },
          encoding: { y, x, x2: { field: 'to' }, description: { field: 'says', type: 'nominal' } },
        },
        {
          data: { values: parts },
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, aria: false },
          encoding: { y, x: { ...x, field: 'to' }, text: { field: 'label', type: 'nominal' } },
        },
      ],
    },
  };
}

function within(span: Span, { from, to }: Span): Span {
  return { from: Math.max(span.from, from), to: Math.min(span.to, to) };
}
