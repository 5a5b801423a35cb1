// The results as plots.
import { INK, NIGHT_STYLE, plotSvg } from '@mig/xl/plot';
import { median } from './figures.mjs';
import { links } from './links.mjs';
import { policies } from './policies.mjs';
import { workloads } from './workloads.mjs';

/** @import { Link } from './links.mjs' */
/** @import { Policy } from './policies.mjs' */
/** @import { Migration } from './results.mjs' */

/**
 * A short title: there is little room beside a plot.
 * @param {Policy} policy
 */
const titleOf = (policy) =>
  policy.name
    .replace('max-', '')
    .replaceAll('-', ' ')
    .replace(/ (\d+) abort.*/, ' $1, abort');
/**
 * The requested downtime in milliseconds; undefined if none.
 * @param {string} policy its name
 */
const asked = (policy) => /^max-downtime-(\d+)/.exec(policy)?.[1];

/**
 * @param {{ migrations: readonly Migration[] }} results
 * @returns the file, the title and the SVG of each
 */
export function plots({ migrations }) {
  const drawn = links.flatMap((link) => {
    const ofLink = migrations.filter((each) => each.link === link.name);
    if (ofLink.length === 0) return [];
    return [
      { file: `policies-downtime-${link.name}.svg`, plot: downtimes(link, ofLink) },
      { file: `policies-passes-${link.name}.svg`, plot: passes(link, ofLink) },
    ];
  });
  return Promise.all(
    drawn.map(async ({ file, plot }) => {
      const svg = await plotSvg(plot);
      return { file, title: plot.title, svg: svg.replace('<title>', `${NIGHT_STYLE}<title>`) };
    }),
  );
}

/** Marks by what they stand for. */
const MARKS = [
  { meaning: 'a migration', shape: 'circle', colour: INK.blue },
  { meaning: 'median', shape: 'M0,-2.2V2.2', colour: INK.orange },
  { meaning: 'asked for', shape: 'triangle-left', colour: INK.text },
];

/**
 * Plots the downtimes, one mark for each migration.
 * @param {Link} link
 * @param {readonly Migration[]} migrations
 */
function downtimes(link, migrations) {
  const y = { field: 'policy', type: 'nominal', title: null, sort: policies.map(titleOf) };
  const axis = { values: [20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000] };
  const scale = { type: 'log', nice: false, padding: 8 };
  /** @param {'shape' | 'colour'} channel */
  const byMeaning = (channel) => ({
    field: 'meaning',
    type: 'nominal',
    scale: { domain: MARKS.map(({ meaning }) => meaning), range: MARKS.map((mark) => mark[channel]) },
    legend: { symbolSize: 60, symbolStrokeWidth: 1.5, offset: 12 },
  });
  return {
    title: `Downtime by policy, ${link.title}`,
    description:
      'For each workload and policy a circle for each migration, by its downtime in milliseconds, a bar at the median, and ' +
      'a triangle at the downtime that was asked for. Where all domains were left running, that is said. The figures are in ' +
      'the tables.',
    spec: {
      data: {
        values: workloads.flatMap((workload) =>
          policies.flatMap((policy) => cell(workload, policy, migrations)),
        ),
      },
      facet: {
        row: {
          field: 'workload',
          type: 'nominal',
          sort: workloads.map(({ title }) => title),
          header: {
            title: null,
            labelAngle: 0,
            labelAnchor: 'start',
            labelOrient: 'top',
            labelFontSize: 12,
            labelFontWeight: 'bold',
          },
        },
      },
      spec: {
        width: 480,
        height: { step: 15 },
        encoding: { y },
        layer: [
          {
            mark: { type: 'point', size: 32, strokeWidth: 1.75, opacity: 0.9, filled: false },
            encoding: {
              x: { field: 'milliseconds', type: 'quantitative', title: 'downtime, ms', scale, axis },
              shape: byMeaning('shape'),
              stroke: byMeaning('colour'),
            },
          },
          {
            transform: [{ filter: '!isValid(datum.milliseconds)' }],
            mark: { type: 'text', align: 'left', text: 'left running' },
            encoding: { x: { value: 6 } },
          },
        ],
      },
    },
  };
}

/**
 * The marks of a workload and a policy: of its migrations, their median, and the downtime that was asked for.
 * @param {{ name: string, title: string }} workload
 * @param {Policy} policy
 * @param {readonly Migration[]} migrations
 */
function cell(workload, policy, migrations) {
  const own = migrations.filter((each) => each.workload === workload.name && each.policy === policy.name);
  if (own.length === 0) return [];
  const moved = own.flatMap(({ downtime }) => downtime ?? []);
  /** @param {string | undefined} meaning @param {number} [milliseconds] */
  const mark = (meaning, milliseconds) => ({
    workload: workload.title,
    policy: titleOf(policy),
    meaning,
    milliseconds,
  });
  if (moved.length === 0) return [mark(undefined)];
  const goal = asked(policy.name);
  return [
    ...moved.map((milliseconds) => mark('a migration', milliseconds)),
    mark('median', median(moved)),
    ...(goal === undefined ? [] : [mark('asked for', Number(goal))]),
  ];
}

/**
 * Plots the pages that each pass found dirty, in the first migration of each workload under the longest
 * policy.
 * @param {Link} link
 * @param {readonly Migration[]} migrations
 */
function passes(link, migrations) {
  const values = migrations
    .filter((each) => each.policy === 'iterations-20')
    .flatMap(({ workload, passes: each = [] }) =>
      each
        .map(([kind, dirtyPages], pass) => ({ kind, dirtyPages, pass }))
        .filter(({ kind, dirtyPages }) => kind === 'precopy' && dirtyPages > 0)
        .map(({ dirtyPages, pass }) => ({
          workload: workloads.find(({ name }) => name === workload)?.title,
          pass,
          dirtyPages,
        })),
    );
  const order = workloads.map(({ title }) => title);
  return {
    title: `Dirty pages by pass, --precopy-iterations 20, ${link.title}`,
    description:
      'A line for each workload: the pages that were dirty when each live pass began, on a logarithmic scale. Those of the ' +
      "guest that writes faster than the link stay where they are; those of the one near the link's rate shrink by and by.",
    spec: {
      data: { values },
      width: 480,
      height: 260,
      mark: { type: 'line', point: { size: 40, filled: true }, strokeWidth: 1.5 },
      encoding: {
        x: { field: 'pass', type: 'quantitative', title: 'pass', axis: { tickMinStep: 1 } },
        y: { field: 'dirtyPages', type: 'quantitative', title: 'pages dirty', scale: { type: 'log' } },
        color: {
          field: 'workload',
          type: 'nominal',
          sort: order,
          scale: { domain: order, range: [INK.quiet, INK.blue, INK.dark, INK.orange, INK.sky] },
          legend: { columns: 3 },
        },
        shape: {
          field: 'workload',
          type: 'nominal',
          sort: order,
          scale: { domain: order },
          legend: { columns: 3 },
        },
      },
    },
  };
}
