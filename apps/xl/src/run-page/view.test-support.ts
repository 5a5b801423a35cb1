/** A run to look at: what tests change is given. */
import { type DomainState, type Run, type RunDomain, waiting } from '@mig/fleet';
import type { OperatorStatus } from '@mig/operator';
import type { ViewInput } from './view-of.js';

export const NOW = Date.UTC(2026, 11, 1, 9, 5);

/** Makes a domain of 1 GiB. */
export function domain(
  name: string,
  state: DomainState = 'waiting',
  more: Partial<RunDomain> = {},
): RunDomain {
  return {
    ...waiting({ uuid: `uuid-of-${name}`, name, memory: 1024, vcpus: 1, priority: 0 }),
    ...(state !== 'waiting' && { target: 'left' }),
    state,
    ...more,
  };
}

export function runOf(domains: readonly RunDomain[], options: Partial<Run['options']> = {}): Run {
  return {
    id: '20261201-090000',
    options: { targets: ['left', 'right'], out: 2, in: 2, order: 'largest', leave: [], ...options },
    began: NOW - 65_000,
    resting: {},
    domains,
  };
}

export function inputOf(run: Run, more: Partial<ViewInput> = {}): ViewInput {
  return {
    run,
    name: 'source',
    downtimes: {},
    wanted: 'go',
    isControlled: true,
    keeper: 'controller',
    statusOf: () => undefined,
    hosts: [],
    control: true,
    now: NOW,
    ...more,
  };
}

/** Makes the status of a migration in its second pass. */
export function statusOf(more: Partial<OperatorStatus> = {}): OperatorStatus {
  return {
    domid: 1,
    domain: 'b',
    target: 'left',
    pid: 1,
    phase: 'precopy',
    iteration: 1,
    pass: { kind: 'precopy', iteration: 1, dirtyPages: 1000, pagesDone: 250 },
    sendRate: 25_600,
    octetsSent: 0,
    elapsedMilliseconds: 1000,
    estimatedDowntimeMilliseconds: 300,
    course: {},
    ...more,
  };
}
