/** Plots the policy's view whenever the dirty count was known, and its decision. */
import { decisions } from '@mig/hypervisor';
import { downtimeText } from '../output/downtime-words.js';
import { INK, type Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { countText, largest, seconds, timeText } from './units.js';
import { framed, titleAbove } from './width.js';

const SHAPES = ['circle', 'square', 'cross'];
const INKS = [INK.blue, INK.dark, INK.orange];

export function decisionsChart(model: ReportModel): Plot | undefined {
  const asked = model.consultations
    .filter(({ estimatedDowntime }) => estimatedDowntime !== undefined)
    .map(({ at, iteration, dirtyCount = 0, estimatedDowntime = 0, leastDowntime, decision }) => ({
      time: seconds(at),
      estimate: estimatedDowntime,
      decision,
      says:
        `after ${iteration} passes: ${countText(dirtyCount)} pages dirty, ` +
        `downtime now ${downtimeText(estimatedDowntime, leastDowntime, timeText)}: ${decision}`,
    }));
  if (asked.length === 0) return undefined;
  const last = model.consultations.findLast(({ decision }) => decision !== 'continue-precopy');
  const verdicts = last
    ? [
        {
          time: seconds(last.at),
          label: `${last.decision}: ${last.code ?? ''}`,
          says: `${last.decision} at ${timeText(last.at)}: ${last.sentence ?? ''}`,
        },
      ]
    : [];
  const goals = model.settingsSpans.flatMap(({ from, to, settings: { 'max-downtime': goal } }) =>
    typeof goal === 'number'
      ? [{ goal, from: seconds(from), to: seconds(to), label: `--max-downtime ${timeText(goal)}` }]
      : [],
  );
  const top = largest([...asked.map(({ estimate }) => estimate), ...goals.map(({ goal }) => goal)]);
  const scale = { domain: [0, seconds(model.length)], nice: false };
  const channel = (range: readonly string[]) => ({
    field: 'decision',
    type: 'nominal',
    scale: { domain: decisions, range },
    legend: { symbolSize: 110, symbolFillColor: 'transparent' },
  });
  return {
    title: 'Estimated downtime, and what the policy decided',
    description: `${asked.map(({ says }) => says).join('; ')}.`,
    spec: {
      ...framed({ height: 200, legend: true }),
      layer: [
        {
          data: { values: asked },
          mark: { type: 'line', stroke: INK.quiet, strokeWidth: 1, aria: false },
          encoding: {
            x: { field: 'time', type: 'quantitative', scale },
            y: { field: 'estimate', type: 'quantitative' },
          },
        },
        ...(verdicts.length === 0
          ? []
          : [
              {
                name: 'verdict',
                data: { values: verdicts },
                mark: { type: 'rule', stroke: INK.dark, strokeWidth: 1 },
                encoding: {
                  x: { field: 'time', type: 'quantitative', scale },
                  description: { field: 'says', type: 'nominal' },
                },
              },
              {
                data: { values: verdicts },
                mark: { type: 'text', align: 'right', dx: -5, baseline: 'top', aria: false },
                encoding: {
                  x: { field: 'time', type: 'quantitative', scale },
                  y: { value: 4 },
                  text: { field: 'label', type: 'nominal' },
                },
              },
            ]),
        ...(goals.length === 0
          ? []
          : [
              {
                name: 'goal',
                data: { values: goals },
                mark: { type: 'rule', stroke: INK.orange, strokeWidth: 1.5, strokeDash: [6, 4] },
                encoding: {
                  x: { field: 'from', type: 'quantitative', scale },
                  x2: { field: 'to' },
                  y: { field: 'goal', type: 'quantitative' },
                  description: { field: 'label', type: 'nominal' },
                },
              },
              {
                data: { values: goals },
                mark: { type: 'text', align: 'right', baseline: 'bottom', dy: -3, aria: false },
                encoding: {
                  y: { field: 'goal', type: 'quantitative' },
                  x: { field: 'to', type: 'quantitative', scale },
                  text: { field: 'label', type: 'nominal' },
                },
              },
            ]),
        {
          name: 'decision',
          data: { values: asked },
          mark: { type: 'point', filled: false, size: 110, strokeWidth: 2 },
          encoding: {
            x: { field: 'time', type: 'quantitative', title: 'time since the start (s)', scale },
            y: {
              field: 'estimate',
              type: 'quantitative',
              title: 'estimate (ms)',
              axis: titleAbove,
              scale: { domain: [0, top * 1.12 || 1], nice: true },
            },
            stroke: channel(INKS),
            shape: channel(SHAPES),
            description: { field: 'says', type: 'nominal' },
          },
        },
      ],
    },
  };
}
