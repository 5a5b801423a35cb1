/** Plots when each pass ran, and when the domain stood still. */
import { isLive } from '@mig/hypervisor';
import { INK } from './ink.js';
import { passRuns } from './pass-runs.js';
import type { Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { timeScale, timeText } from './units.js';
import { framed, timeAxis } from './width.js';

const DOWNTIME = 'downtime';

export function timelineChart({ passes, downtime, length }: ReportModel): Plot | undefined {
  if (passes.length === 0) return undefined;
  const { unit, of } = timeScale(length);
  const bars = passRuns(passes).map(({ name, kind, from, to, milliseconds }) => ({
    row: name,
    from: of(from),
    to: of(to),
    live: isLive(kind) ? 'domain runs' : 'domain suspended',
    says: `${name}: ${timeText(from)} to ${timeText(to)}, ${timeText(milliseconds)}`,
    label: timeText(milliseconds),
  }));
  const still = downtime && {
    row: DOWNTIME,
    from: of(downtime.from),
    to: of(downtime.to),
    says: `downtime: ${timeText(downtime.to - downtime.from)}, from ${timeText(downtime.from)}`,
    label: timeText(downtime.to - downtime.from),
  };
  const all = [...bars, ...(still ? [still] : [])];
  const rows = all.map(({ row }) => row);
  const y = { field: 'row', type: 'nominal', sort: rows, title: null, scale: { domain: rows } };
  const x = { field: 'from', ...timeAxis(of(length), unit) };
  const x2 = { field: 'to' };
  const description = { field: 'says', type: 'nominal' };
  return {
    title: 'Timeline of the passes',
    description: `${passes.length} passes in ${timeText(length)}${still ? `; ${still.says}` : ''}.`,
    spec: {
      ...framed({ height: rows.length * 22, legend: true }),
      layer: [
        {
          name: 'pass',
          data: { values: bars },
          mark: { type: 'bar', stroke: INK.dark, strokeWidth: 1, height: { band: 0.62 } },
          encoding: {
            y,
            x,
            x2,
            fill: {
              field: 'live',
              type: 'nominal',
              scale: { domain: ['domain runs', 'domain suspended'], range: [INK.sky, INK.dark] },
              legend: { values: [...new Set(bars.map(({ live }) => live))] },
            },
            description,
          },
        },
        {
          name: 'downtime',
          data: { values: still ? [still] : [] },
          mark: {
            type: 'bar',
            fill: INK.orange,
            stroke: INK.orange,
            strokeWidth: 2,
            height: { band: 0.62 },
          },
          encoding: { y, x, x2, description },
        },
        {
          data: { values: all },
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, aria: false },
          encoding: { y, x: { ...x, field: 'to' }, text: { field: 'label', type: 'nominal' } },
        },
      ],
    },
  };
}
