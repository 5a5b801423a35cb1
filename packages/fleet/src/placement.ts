/** Chooses the target of a domain among those that it may go to. */
import { type FleetDomain, type FleetHost, memoryToArrive } from './inventory.js';

/** A domain that is on its way to a target: a look at the target may not show it yet. */
export interface Underway {
  readonly domain: FleetDomain;
  readonly target: string;
}

export interface Candidates {
  readonly targets: readonly FleetHost[];
  readonly underway: readonly Underway[];
  /** Domains that have arrived, which a look may be too old to show. */
  readonly arrived?: readonly Underway[];
  /** Most domains that may be on their way to a target at once. */
  readonly in: number;
}

/** A target, or why there is none: `full` passes when a migration ends, `none` when the fleet changes. */
export type Placement =
  | { readonly kind: 'target'; readonly target: string }
  | { readonly kind: 'full' }
  | { readonly kind: 'none'; readonly why: string };

/**
 * Chooses the target that was chosen before, if it still takes the domain, or else that which has most memory left then.
 * @param unfit sentences that keep it from a target, by the target's name
 */
export function choosePlacement(
  domain: FleetDomain & { readonly target?: string | undefined },
  { targets, underway, arrived = [], in: most }: Candidates,
  unfit: Readonly<Record<string, string>> = {},
): Placement {
  const obstacles: string[] = [];
  let best: { readonly name: string; readonly left: number } | undefined;
  let isFull = false;
  for (const host of targets) {
    const coming = underway.filter(({ target }) => target === host.name).map(({ domain: each }) => each);
    const there = arrived.filter(({ target }) => target === host.name).map(({ domain: each }) => each);
    const unseen = [...coming, ...there];
    const obstacle = unfit[host.name] ?? obstacleAt(host, domain, unseen);
    if (obstacle !== undefined) {
      obstacles.push(`${host.name}: ${obstacle}`);
      continue;
    }
    if (coming.length >= most) {
      isFull = true;
      continue;
    }
    if (host.name === domain.target) return { kind: 'target', target: host.name };
    const left = memoryLeft(host, unseen) - memoryToArrive(domain);
    if (best === undefined || left > best.left) best = { name: host.name, left };
  }
  if (best !== undefined) return { kind: 'target', target: best.name };
  if (isFull) return { kind: 'full' };
  return { kind: 'none', why: obstacles.length === 0 ? 'no target answers' : obstacles.join('; ') };
}

function obstacleAt(
  host: FleetHost,
  domain: FleetDomain,
  coming: readonly FleetDomain[],
): string | undefined {
  if (host.closed !== undefined) return host.closed;
  const { apart } = domain;
  if (apart !== undefined) {
    const other = [...host.domains, ...coming].find(
      (each) => each.apart === apart && each.uuid !== domain.uuid && !isAway(each),
    );
    if (other !== undefined) return `${other.name} is there, which is to be kept apart from it (${apart})`;
  }
  const needed = memoryToArrive(domain);
  const left = memoryLeft(host, coming);
  return needed <= left ? undefined : `it needs ${needed} MiB, and ${Math.max(left, 0)} MiB are free`;
}

/** Memory that is free, less what those need that are coming and that the look may not have counted. */
function memoryLeft({ freeMemory, domains }: FleetHost, coming: readonly FleetDomain[]): number {
  const seen = new Set(domains.map(({ uuid }) => uuid));
  return coming.reduce(
    (left, each) => (seen.has(each.uuid) ? left : left - memoryToArrive(each)),
    freeMemory,
  );
}

function isAway(domain: FleetDomain): boolean {
  return 'presence' in domain && domain.presence === 'away';
}

export const orders = ['largest', 'smallest', 'priority'] as const;
export type Order = (typeof orders)[number];

/** Sorts domains into the order in which they move; equals by name, so that two runs agree. */
export function inOrder<T extends FleetDomain>(domains: readonly T[], order: Order): T[] {
  const rank: Record<Order, (a: T, b: T) => number> = {
    largest: (a, b) => b.memory - a.memory,
    smallest: (a, b) => a.memory - b.memory,
    priority: (a, b) => b.priority - a.priority || b.memory - a.memory,
  };
  return [...domains].sort((a, b) => rank[order](a, b) || (a.name < b.name ? -1 : 1));
}

/** Makes a test of names from patterns, in which `*` stands for any characters and `?` for one. */
export function namePattern(patterns: readonly string[]): (name: string) => boolean {
  const tests = patterns.map((pattern) => {
    const literal = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    return new RegExp(`^${literal}$`, 's');
  });
  return (name) => tests.some((each) => each.test(name));
}
