/** Plots the policy's view whenever the dirty count was known, and its decision. */
import { decisions } from '@mig/hypervisor';
import { downtimeText } from '../output/downtime-words.js';
import { settingText } from '../output/setting-text.js';
import { INK } from './ink.js';
import type { Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { countText, largest, smallest, timeScale, timeText } from './units.js';
import { framed, IN_STRIP, timeAxis, valueAxis } from './width.js';

const SHAPES = ['circle', 'square', 'cross'];
const INKS = [INK.blue, INK.dark, INK.orange];
/** Most marks of full size: more would hide each other. */
const MANY = 40;
/** Largest ratio of two estimates for a linear axis: the goal must not lie on its foot. */
const LINEAR_RATIO = 40;

export function decisionsChart(model: ReportModel): Plot | undefined {
  const asked = model.consultations.flatMap(
    ({ at, iteration, dirtyCount = 0, estimatedDowntime, leastDowntime, decision }) =>
      estimatedDowntime === undefined
        ? []
        : {
            at,
            estimate: estimatedDowntime,
            decision,
            says:
              `after ${iteration} passes: ${countText(dirtyCount)} pages dirty, ` +
              `downtime now ${downtimeText(estimatedDowntime, leastDowntime, timeText)}: ${decision}`,
          },
  );
  if (asked.length === 0) return undefined;
  const time = timeScale(model.length);
  const goals = goalsOf(model);
  const heights = [...asked.map(({ estimate }) => estimate), ...goals.map(({ goal }) => goal)];
  const top = largest(heights);
  const height = timeScale(top);
  const isWide = top / smallest(heights.filter((each) => each > 0)) > LINEAR_RATIO;
  const axis = timeAxis(time.of(model.length), time.unit);
  const x = { field: 'from', ...axis };
  const y = {
    field: 'estimate',
    type: 'quantitative',
    title: isWide ? `${height.unit}, log scale` : height.unit,
    axis: valueAxis,
    scale: isWide ? { type: 'log' } : { domain: [0, height.of(top) * 1.12 || 1], nice: true },
  };
  const text = { field: 'label', type: 'nominal' };
  const channel = (range: readonly string[]) => ({
    field: 'decision',
    type: 'nominal',
    scale: { domain: decisions, range },
    legend: {
      symbolSize: 110,
      symbolFillColor: 'transparent',
      values: decisions.filter((name) => asked.some(({ decision }) => decision === name)),
    },
  });
  const points = asked.map((each) => ({
    ...each,
    from: time.of(each.at),
    estimate: height.of(each.estimate),
  }));
  const rules = goals.map(({ goal, from, to, label, says }) => ({
    estimate: height.of(goal),
    from: time.of(from),
    to: time.of(to),
    label,
    says,
  }));
  const verdicts = verdictsOf(model).map(({ at, ...rest }) => ({ from: time.of(at), ...rest }));
  return {
    title: 'Estimated downtime, and what the policy decided',
    description: `${asked.map(({ says }) => says).join('; ')}.`,
    spec: {
      ...framed({ height: 200, legend: true }),
      layer: [
        {
          data: { values: points },
          mark: { type: 'line', stroke: INK.quiet, strokeWidth: 1, aria: false },
          encoding: { x, y },
        },
        {
          name: 'verdict',
          data: { values: verdicts },
          mark: { type: 'rule', stroke: INK.dark, strokeWidth: 1 },
          encoding: { x, description: { field: 'says', type: 'nominal' } },
        },
        {
          data: { values: verdicts },
          mark: {
            type: 'text',
            ...besideVerdict(verdicts, time.of(model.length)),
            baseline: 'bottom',
            aria: false,
          },
          encoding: { x, y: { value: IN_STRIP }, text },
        },
        {
          name: 'goal',
          data: { values: rules },
          mark: { type: 'rule', stroke: INK.orange, strokeWidth: 1.5, strokeDash: [6, 4] },
          encoding: { x, x2: { field: 'to' }, y, description: { field: 'says', type: 'nominal' } },
        },
        {
          // Beside the plot there is room for the goal that held at the end.
          data: { values: rules.slice(-1) },
          mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, aria: false },
          encoding: { x: { ...x, field: 'to' }, y, text },
        },
        {
          name: 'decision',
          data: { values: points },
          mark: { type: 'point', filled: false, size: points.length > MANY ? 30 : 110, strokeWidth: 2 },
          encoding: {
            x,
            y,
            stroke: channel(INKS),
            shape: channel(SHAPES),
            description: { field: 'says', type: 'nominal' },
          },
        },
      ],
    },
  };
}

function goalsOf({ settingsSpans }: ReportModel) {
  return settingsSpans.flatMap(({ from, to, settings: { 'max-downtime': goal } }) =>
    typeof goal === 'number' && to > from
      ? [{ goal, from, to, label: `goal ${timeText(goal)}`, says: settingText('maxDowntime', goal)! }]
      : [],
  );
}

/** The side of the rule on which there is room for what it stands for; a policy's own code may be long. */
function besideVerdict([verdict]: readonly { readonly from: number }[], end: number) {
  return { align: verdict !== undefined && verdict.from < end / 2 ? 'left' : 'right', limit: 280 };
}

/** The decision that ended precopy, if one did. */
function verdictsOf({ consultations }: ReportModel) {
  const last = consultations.findLast(({ decision }) => decision !== 'continue-precopy');
  if (last === undefined) return [];
  const { at, decision, code = '', sentence = '' } = last;
  const says = `${decision} at ${timeText(at)}: ${sentence}`;
  return [{ at, label: `${decision}: ${code}`, says }];
}
