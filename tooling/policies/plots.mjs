// The results as plots.
import { INK, plotSvg } from '@mig/xl/plot';
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
    drawn.map(async ({ file, plot }) => ({ file, title: plot.title, svg: await plotSvg(plot) })),
  );
}

/**
 * Plots the downtimes, one mark for each migration.
 * @param {Link} link
 * @param {readonly Migration[]} migrations
 */
function downtimes(link, migrations) {
  const values = migrations.flatMap(({ workload, policy, downtime }) =>
    downtime === undefined
      ? []
      : [
          {
            workload: workloads.find(({ name }) => name === workload)?.title,
            policy: policies.filter(({ name }) => name === policy).map(titleOf)[0],
            downtime,
            asked: asked(policy),
          },
        ],
  );
  const y = { field: 'policy', type: 'nominal', title: null, sort: policies.map(titleOf) };
  const axis = { values: [20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000] };
  const scale = { type: 'log', nice: false, padding: 8 };
  return {
    title: `Downtime by policy, ${link.title}`,
    description:
      'For each workload and policy a circle for each migration, by its downtime in milliseconds, a bar at the median, and ' +
      'a black triangle at the downtime that was asked for. Domains that were left running have none. The figures are in the tables.',
    spec: {
      data: { values },
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
        encoding: { y, x: { field: 'downtime', type: 'quantitative', title: 'downtime, ms', scale, axis } },
        layer: [
          { mark: { type: 'point', size: 28, color: INK.blue, opacity: 0.6 } },
          {
            mark: { type: 'tick', color: INK.orange, thickness: 2, size: 13 },
            encoding: { x: { field: 'downtime', type: 'quantitative', aggregate: 'median' } },
          },
          {
            transform: [{ filter: 'isValid(datum.asked)' }],
            mark: { type: 'point', shape: 'triangle-left', size: 40, color: INK.text, filled: true },
            encoding: { x: { field: 'asked', type: 'quantitative', aggregate: 'max' } },
          },
        ],
      },
    },
  };
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
