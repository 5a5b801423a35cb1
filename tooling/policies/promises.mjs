// Checks whether the policies keep their promises, as a Markdown table.
import { median, quantile } from './figures.mjs';
import { links, pagesPerSecond } from './links.mjs';
import { policies } from './policies.mjs';
import { workloads } from './workloads.mjs';

/** @import { Policy } from './policies.mjs' */
/** @import { Migration } from './results.mjs' */

/** @typedef {{ migrations: readonly Migration[] }} Measured */

/**
 * Migrations with a known estimate and downtime: both values.
 * @param {readonly Migration[]} migrations
 */
function withEstimate(migrations) {
  return migrations.flatMap(({ downtime, estimate }) =>
    downtime === undefined || estimate === undefined ? [] : [{ downtime, estimate }],
  );
}

/** @param {Policy} policy */
const asked = (policy) => Number(/--max-downtime (\d+)/.exec(policy.options.join(' '))?.[1]);

/**
 * Downtimes of the migrations that ended because the downtime was within reach.
 * @param {Measured} results
 */
export function downtimePromises({ migrations }) {
  const rows = policies
    .filter((policy) => asked(policy) > 0)
    .flatMap((policy) =>
      links.flatMap((link) => {
        const kept = withEstimate(
          migrations.filter(
            (each) =>
              each.policy === policy.name && each.link === link.name && each.reason === 'max-downtime',
          ),
        );
        if (kept.length === 0) return [];
        const downtimes = kept.map(({ downtime }) => downtime);
        const within = downtimes.filter((each) => each <= asked(policy)).length;
        const off = kept.map(({ downtime, estimate }) => downtime - estimate);
        return [
          `| \`${policy.options.join(' ')}\` | ${link.title} | ${kept.length} | ${within} | ` +
            `${median(downtimes).toFixed(0)} ms | ${quantile(downtimes, 0.95).toFixed(0)} ms | ` +
            `${signed(median(off))} ms (${signed(quantile(off, 0.05))} to ${signed(quantile(off, 0.95))}) |`,
        ];
      }),
    );
  return [
    '| policy | link | ended by it | of these within | measured: median | p95 | measured less estimated: median (p5 to p95) |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/** @param {number} value */
const signed = (value) => `${value > 0 ? '+' : ''}${value.toFixed(0)}`;

/**
 * Whether domains were left running as busy.
 * @param {Measured} results
 */
export function busyPromises({ migrations }) {
  const busy = policies.filter(({ options }) => options.includes('--abort-if-busy'));
  const rows = workloads.map((workload) => {
    const cells = busy.flatMap((policy) =>
      links.map((link) => {
        const cell = migrations.filter(
          (each) => each.workload === workload.name && each.policy === policy.name && each.link === link.name,
        );
        return `${cell.filter(({ status }) => status === 6).length} of ${cell.length}`;
      }),
    );
    return `| ${workload.title} | ${cells.join(' | ')} |`;
  });
  const titles = busy.flatMap(({ options }) =>
    links.map(({ title }) => `\`${options.join(' ')}\`, ${title}`),
  );
  return [
    `| left running | ${titles.join(' | ')} |`,
    `| --- |${titles.map(() => ' ---: |').join('')}`,
    ...rows,
  ].join('\n');
}

/**
 * Downtime beside the estimate, for all migrations whose precopy ended with the count known.
 * @param {Measured} results
 */
export function estimatePromises({ migrations }) {
  const rows = workloads.flatMap((workload) =>
    links.flatMap((link) => {
      const own = migrations.filter((each) => each.workload === workload.name && each.link === link.name);
      const known = withEstimate(own).filter(({ downtime, estimate }) => downtime > 0 && estimate > 0);
      if (known.length === 0) return [];
      /** @param {number} share */
      const percent = (share) => {
        const value = quantile(
          known.map(({ downtime, estimate }) => downtime / estimate),
          share,
        );
        return `${(value * 100).toFixed(0)} %`;
      };
      const estimates = median(known.map(({ estimate }) => estimate)).toFixed(0);
      const downtimes = median(known.map(({ downtime }) => downtime)).toFixed(0);
      return [
        `| ${workload.title} | ${link.title} | ${known.length} | ${estimates} ms | ${downtimes} ms | ` +
          `${percent(0.5)} | ${percent(0.05)} to ${percent(0.95)} |`,
      ];
    }),
  );
  return [
    '| workload | link | migrations | estimated: median | measured: median | measured / estimated: median | p5 to p95 |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}

/**
 * Least time of a pass on the link, in milliseconds, for its rate to count: 10 of them may be made up for.
 */
const LONG = 300;

/**
 * Share of the bandwidth that passes used, including the suspended domain's.
 * @param {Measured} results
 */
export function bandwidthPromises({ migrations }) {
  const rows = links.flatMap((link) => {
    const rates = migrations
      .filter((each) => each.link === link.name)
      .flatMap(({ passes = [] }) => passes)
      .filter(([, , sent]) => (sent / pagesPerSecond(link)) * 1000 >= LONG)
      .map(([, , sent, ms]) => sent / (ms / 1000) / pagesPerSecond(link));
    if (rates.length === 0) return [];
    /** @param {number} share */
    const percent = (share) => `${(quantile(rates, share) * 100).toFixed(1)} %`;
    return [`| ${link.title} | ${rates.length} | ${percent(0)} | ${percent(0.5)} | ${percent(1)} |`];
  });
  return [
    `| link | passes of ${LONG} ms or more | least | median | most |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n');
}
