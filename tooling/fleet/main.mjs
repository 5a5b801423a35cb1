// Measures how long planning takes: hosts and domains as many as given, fifty and a thousand by default. Prints the time
// of a plan, and of a step of the controller that sees all of them.
//
// usage: node tooling/fleet/main.mjs [HOSTS] [DOMAINS]
import { inOrder, next, planMoves, reconcile, waiting } from '@mig/fleet';

/** @import { FleetHost, FleetView, PresentDomain, Run } from '@mig/fleet' */

const [hosts = 50, count = 1000] = process.argv.slice(2).map(Number);
/** Times that each is measured. */
const ROUNDS = 20;

/** @type {PresentDomain[]} */
const domains = Array.from({ length: count }, (_, i) => ({
  uuid: `uuid-${i}`,
  name: `domain-${i}`,
  memory: 256 * (1 + (i % 16)),
  vcpus: 2,
  ...(i % 5 === 0 && { apart: `group-${i % 100}` }),
  priority: i % 3,
  presence: 'here',
}));
const memory = (count / (hosts - 1)) * 4096;
/** @type {FleetHost[]} */
const targets = Array.from({ length: hosts - 1 }, (_, i) => ({
  name: `target-${i}`,
  totalMemory: memory,
  freeMemory: memory,
  domains: [],
}));
/** @type {Run} */
const run = {
  id: 'paper',
  options: { targets: targets.map(({ name }) => name), out: 8, in: 2, order: 'largest', leave: [] },
  began: 0,
  resting: {},
  domains: inOrder(domains.map(waiting), 'largest'),
};
/** @type {FleetView} */
const view = {
  source: { name: 'source', totalMemory: Infinity, freeMemory: 0, domains },
  targets: new Map(targets.map((target) => [target.name, target])),
  migrations: new Map(),
};

/**
 * @param {string} what
 * @param {() => unknown} action
 */
function measure(what, action) {
  const times = Array.from({ length: ROUNDS }, () => {
    const before = performance.now();
    action();
    return performance.now() - before;
  }).sort((a, b) => a - b);
  const [least = 0] = times;
  const median = times[ROUNDS / 2] ?? 0;
  console.log(`${what.padEnd(24)} median ${median.toFixed(1)} ms, least ${least.toFixed(1)} ms`);
}

console.log(`${hosts} hosts, ${count} domains`);
const placed = planMoves(run.domains, targets, run.options).filter(({ target }) => target !== undefined);
console.log(`${placed.length} of them have a place`);
measure('a plan', () => planMoves(run.domains, targets, run.options));
measure('a step of the controller', () => next(reconcile(run, view, new Set(), 0), view, 0));
