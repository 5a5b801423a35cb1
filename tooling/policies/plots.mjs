// The results as plots.
import { INK, plotSvg } from '@mig/xl/plot';
import { links } from './links.mjs';
import { policies } from './policies.mjs';
import { workloads } from './workloads.mjs';

const titleOf = (policy) => (policy.options.length === 0 ? 'stock' : policy.options.join(' '));

/** @returns by file name, the SVG of each */
export async function plots({ migrations }) {
  const drawn = links.flatMap((link) => {
    const ofLink = migrations.filter((each) => each.link === link.name);
    return ofLink.length === 0
      ? []
      : [
          [`policies-downtime-${link.name}.svg`, downtimes(link, ofLink)],
          [`policies-passes-${link.name}.svg`, passes(link, ofLink)],
        ];
  });
  return Promise.all(drawn.map(async ([name, plot]) => [name, await plotSvg(plot)]));
}

/** Each migration a mark: how long the domain stood still. */
function downtimes(link, migrations) {
  const values = migrations.flatMap(({ workload, policy, downtime }) =>
    downtime === undefined
      ? []
      : [
          {
            workload: workloads.find(({ name }) => name === workload).title,
            policy: titleOf(policies.find(({ name }) => name === policy)),
            downtime,
          },
        ],
  );
  const y = { field: 'policy', type: 'nominal', title: null, sort: policies.map(titleOf), axis: { labelLimit: 260 } };
  return {
    title: `Downtime by policy, ${link.title}`,
    description:
      'For each workload and policy a circle for each migration, by its downtime in milliseconds, and a bar at the median. ' +
      'Domains that were left running have none. The figures are in the tables.',
    spec: {
      data: { values },
      facet: {
        row: {
          field: 'workload',
          type: 'nominal',
          sort: workloads.map(({ title }) => title),
          header: { title: null, labelAngle: 0, labelAlign: 'left', labelOrient: 'top', labelFontSize: 12, labelFontWeight: 'bold' },
        },
      },
      spec: {
        width: 480,
        height: { step: 15 },
        encoding: { y, x: { field: 'downtime', type: 'quantitative', title: 'downtime, ms', scale: { type: 'log' } } },
        layer: [
          { mark: { type: 'point', size: 28, color: INK.blue, opacity: 0.6 } },
          {
            mark: { type: 'tick', color: INK.orange, thickness: 2, size: 13 },
            encoding: { x: { field: 'downtime', type: 'quantitative', aggregate: 'median' } },
          },
        ],
      },
    },
  };
}

/** Of the longest policy's first migration of each workload: what each pass found dirty. */
function passes(link, migrations) {
  const values = migrations
    .filter((each) => each.policy === 'iterations-20' && each.passes !== undefined)
    .flatMap(({ workload, passes: each }) =>
      each
        .map(([kind, dirtyPages], pass) => ({ kind, dirtyPages, pass }))
        .filter(({ kind, dirtyPages }) => kind === 'precopy' && dirtyPages > 0)
        .map(({ dirtyPages, pass }) => ({
          workload: workloads.find(({ name }) => name === workload).title,
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
        },
        shape: { field: 'workload', type: 'nominal', sort: order, scale: { domain: order } },
      },
    },
  };
}
