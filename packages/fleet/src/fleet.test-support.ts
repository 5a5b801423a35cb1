/** Hosts and domains for tests. */
import type { FleetHost, FleetView, PresentDomain } from './inventory.js';
import { type Run, type RunDomain, type RunOptions, waiting } from './run.js';

export function domain(name: string, rest: Partial<PresentDomain> = {}): PresentDomain {
  return { uuid: `uuid-of-${name}`, name, memory: 1024, vcpus: 1, priority: 0, presence: 'here', ...rest };
}

export function host(
  name: string,
  domains: readonly PresentDomain[] = [],
  rest: Partial<FleetHost> = {},
): FleetHost {
  return { name, totalMemory: 65_536, freeMemory: 32_768, domains, ...rest };
}

export function run(domains: readonly PresentDomain[], rest: Partial<RunOptions> = {}): Run {
  const options = {
    targets: ['left', 'right'],
    out: 2,
    in: 2,
    order: 'largest',
    leave: [],
    ...rest,
  } as const;
  return { id: 'run', options, began: 0, resting: {}, domains: domains.map(waiting) };
}

export function withDomain(of: Run, change: Partial<RunDomain>): Run {
  return { ...of, domains: of.domains.map((each) => ({ ...each, ...change })) };
}

export function view(
  source: readonly PresentDomain[],
  targets: Readonly<Record<string, readonly PresentDomain[] | undefined>> = {},
  migrations: Readonly<Record<string, string>> = {},
): FleetView {
  const all: typeof targets = { left: [], right: [], ...targets };
  return {
    source: host('source', source),
    targets: new Map(
      Object.entries(all).map(([name, each]) => [name, each === undefined ? each : host(name, each)]),
    ),
    migrations: new Map(Object.entries(migrations)),
  };
}
