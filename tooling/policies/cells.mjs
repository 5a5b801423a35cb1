// The cells of the tables: a workload moved over a link under a policy.
import { links } from './links.mjs';
import { policies } from './policies.mjs';
import { workloads } from './workloads.mjs';

export function nameOf({ link, workload, policy }) {
  return `${link.name}/${workload.name}/${policy.name}`;
}

/** @param patterns of names, whole parts of it in their order, such as `idle/stock`; none is all */
export function chosen(patterns) {
  const all = links.flatMap((link) =>
    workloads.flatMap((workload) => policies.map((policy) => ({ link, workload, policy }))),
  );
  if (patterns.length === 0) return all;
  return all.filter((cell) => patterns.some((pattern) => `/${nameOf(cell)}/`.includes(`/${pattern}/`)));
}

/** Those that one domain serves: it is moved back and forth under each policy in turn. */
export function byDomain(cells) {
  const groups = new Map();
  for (const cell of cells) {
    const key = `${cell.link.name}/${cell.workload.name}`;
    if (!groups.has(key)) groups.set(key, { ...cell, policies: [] });
    groups.get(key).policies.push(cell.policy);
  }
  return [...groups.values()];
}
