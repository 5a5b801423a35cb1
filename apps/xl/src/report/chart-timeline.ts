/** Plots when each pass ran, and when the domain stood still. */
import { isLive } from '@mig/hypervisor';
import { INK, type Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { passName, passOrder } from './pass-name.js';
import { seconds, timeText } from './units.js';
import { framed } from './width.js';

const DOWNTIME = 'downtime';

export function timelineChart(model: ReportModel): Plot | undefined {
  const { passes, downtime } = model;
  if (passes.length === 0) return undefined;
  const bars = passes.map((pass) => ({
    row: passName(pass),
    from: seconds(pass.from),
    to: seconds(pass.to),
    live: isLive(pass.kind) ? 'domain runs' : 'domain suspended',
    says: `${passName(pass)}: ${timeText(pass.from)} to ${timeText(pass.to)}, ${timeText(pass.to - pass.from)}`,
    label: timeText(pass.to - pass.from),
  }));
  const still = downtime && {
    row: DOWNTIME,
    from: seconds(downtime.from),
    to: seconds(downtime.to),
    says: `downtime: ${timeText(downtime.to - downtime.from)}, from ${timeText(downtime.from)}`,
    label: timeText(downtime.to - downtime.from),
  };
  const rows = [...passOrder(passes), ...(still ? [DOWNTIME] : [])];
  const end = seconds(model.length);
  const y = { field: 'row', type: 'nominal', sort: rows, title: null, scale: { domain: rows } };
  const x = {
    field: 'from',
    type: 'quantitative',
    title: 'time since the start (s)',
    scale: { domain: [0, end], nice: false },
  };
  const beside = { align: 'left', baseline: 'middle', dx: 5 };
  return {
    title: 'Timeline of the passes',
    description: `${bars.length} passes in ${timeText(model.length)}${still ? `; ${still.says}` : ''}.`,
    spec: {
      ...framed({ height: rows.length * (rows.length > 24 ? 14 : 22), legend: true }),
      layer: [
        ...(still
          ? [
              {
                name: 'downtime_band',
                data: { values: [still] },
                mark: { type: 'rect', fill: INK.pale, opacity: 0.7, aria: false },
                encoding: { x, x2: { field: 'to' } },
              },
            ]
          : []),
        {
          name: 'pass',
          data: { values: bars },
          mark: { type: 'bar', stroke: INK.dark, strokeWidth: 1, height: { band: 0.62 } },
          encoding: {
            y,
            x,
            x2: { field: 'to' },
            fill: {
              field: 'live',
              type: 'nominal',
              scale: { domain: ['domain runs', 'domain suspended'], range: [INK.sky, INK.dark] },
            },
            description: { field: 'says', type: 'nominal' },
          },
        },
        ...(still
          ? [
              {
                name: 'downtime',
                data: { values: [still] },
                mark: {
                  type: 'bar',
                  fill: INK.orange,
                  stroke: INK.orange,
                  strokeWidth: 2,
                  height: { band: 0.62 },
                },
                encoding: { y, x, x2: { field: 'to' }, description: { field: 'says', type: 'nominal' } },
              },
            ]
          : []),
        ...labels([...bars, ...(still ? [still] : [])], end, y, x, beside),
      ],
    },
  };
}

interface Labelled {
  readonly from: number;
  readonly to: number;
}

/** Labels to the right of a bar, or to its left if there is no room. */
function labels(bars: readonly Labelled[], end: number, y: object, x: object, beside: object): object[] {
  const text = { field: 'label', type: 'nominal' };
  const near = bars.filter(({ to }) => to > end * 0.9);
  const far = bars.filter(({ to }) => to <= end * 0.9);
  return [
    {
      data: { values: far },
      mark: { type: 'text', ...beside, aria: false },
      encoding: { y, x: { ...x, field: 'to' }, text },
    },
    {
      data: { values: near.filter(({ from }) => from > end * 0.1) },
      mark: { type: 'text', ...beside, align: 'right', dx: -5, aria: false },
      encoding: { y, x, text },
    },
    {
      data: { values: near.filter(({ from }) => from <= end * 0.1) },
      mark: { type: 'text', ...beside, dx: 6, aria: false },
      encoding: { y, x, text },
    },
  ].filter(({ data }) => data.values.length > 0);
}
