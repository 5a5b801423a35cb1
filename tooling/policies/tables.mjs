// The results as tables of Markdown.
import { cellFigures } from './figures.mjs';
import { links } from './links.mjs';
import { policies, titleOf } from './policies.mjs';
import { workloads } from './workloads.mjs';

/** @import { Link } from './links.mjs' */
/** @import { Migration } from './results.mjs' */
/** @import { Workload } from './workloads.mjs' */

const head = [
  '| policy | passes | total | sent | downtime: median | p95 | precopy ended by |',
  '| --- | ---: | ---: | ---: | ---: | ---: | --- |',
];

/**
 * Makes a section for each link, with a table for each workload.
 * @param {{ migrations: readonly Migration[] }} results
 */
export function tables({ migrations }) {
  return links
    .flatMap((link) => {
      const ofLink = migrations.filter((each) => each.link === link.name);
      if (ofLink.length === 0) return [];
      return [
        `### ${link.title}, a domain of ${link.memory} MiB`,
        ...workloads.flatMap((workload) => table(link, workload, ofLink)),
      ];
    })
    .join('\n\n');
}

/** @param {Link} link @param {Workload} workload @param {readonly Migration[]} ofLink */
function table(link, workload, ofLink) {
  const rows = policies.flatMap((policy) => {
    const cell = ofLink.filter((each) => each.workload === workload.name && each.policy === policy.name);
    return cell.length === 0 ? [] : [row(titleOf(policy), cellFigures(cell))];
  });
  const { kernel, command } = workload.guest(link);
  const guest = [`kernel = "${kernel}"`, ...(command === '' ? [] : [`cmdline = "${command}"`])].join(', ');
  return rows.length === 0
    ? []
    : [`**${workload.title}**: ${workload.what}. \`${guest}\``, [...head, ...rows].join('\n')];
}

/** @param {string} title @param {ReturnType<typeof cellFigures>} figures */
function row(title, { iterations, seconds, megabytes, downtime, downtime95, reasons }) {
  const cells = [
    title.startsWith('-') ? `\`${title}\`` : title,
    iterations,
    `${seconds.toFixed(1)} s`,
    `${megabytes.toFixed(megabytes < 100 ? 1 : 0)} MB`,
    milliseconds(downtime),
    milliseconds(downtime95),
    reasons,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** @param {number | undefined} value */
export function milliseconds(value) {
  return value === undefined ? 'none' : `${value.toFixed(0)} ms`;
}
