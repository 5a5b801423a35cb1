// The cells of the tables: a workload migrated over a link under a policy.
import { links } from './links.mjs';
import { policies } from './policies.mjs';
import { workloads } from './workloads.mjs';

/** @import { Link } from './links.mjs' */
/** @import { Policy } from './policies.mjs' */
/** @import { Workload } from './workloads.mjs' */

/** @typedef {{ link: Link, workload: Workload, policy: Policy }} Cell */
/** @typedef {{ link: Link, workload: Workload, policies: Policy[] }} Domain with the policies in turn */

/** @param {Cell} cell */
export function nameOf({ link, workload, policy }) {
  return `${link.name}/${workload.name}/${policy.name}`;
}

/**
 * @param {readonly string[]} patterns of names, whole parts of it in their order, such as `idle/stock`; none is all
 * @returns {Cell[]}
 */
export function chosen(patterns) {
  const all = links.flatMap((link) =>
    workloads.flatMap((workload) => policies.map((policy) => ({ link, workload, policy }))),
  );
  if (patterns.length === 0) return all;
  return all.filter((cell) => patterns.some((pattern) => `/${nameOf(cell)}/`.includes(`/${pattern}/`)));
}

/**
 * Groups the cells that one domain serves: it migrates back and forth under each policy in turn.
 * @param {readonly Cell[]} cells
 */
export function byDomain(cells) {
  /** @type {Map<string, Domain>} */
  const groups = new Map();
  for (const { link, workload, policy } of cells) {
    const key = `${link.name}/${workload.name}`;
    const domain = groups.get(key) ?? { link, workload, policies: [] };
    groups.set(key, domain);
    domain.policies.push(policy);
  }
  return [...groups.values()];
}
