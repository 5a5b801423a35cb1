import assert from 'node:assert/strict';
import type { ExtensionFeatures } from '@mig/protocol/handshake';
import { HostError, type HostErrorCode } from '../errors.js';
import type { DomainInfo, Host, IncomingDomain, OutgoingDomain, SaveOptions } from '../host.js';
import type { PrecopyPolicy } from '../policy.js';
import type { CaseBench, HypervisorCase } from './bench.js';
import { DescriptorRecording } from './descriptor-recording.js';

/**
 * Makes a case with a busy domain of its own on the host; whatever is left of it, or of its copies, is
 * removed.
 */
export function onBusyDomain(
  name: string,
  action: (bench: CaseBench, domid: number) => void,
): HypervisorCase {
  return {
    name,
    run: (bench) => {
      try {
        action(bench, bench.createBusyDomain(DOMAIN));
      } finally {
        for (const host of new Set([bench.host, bench.target])) removeAll(host);
      }
    },
  };
}

/** The name that the cases give to the domain. */
export const DOMAIN = 'case';
export const COPY = 'case--incoming';

function removeAll(host: Host): void {
  for (const { domid, name } of host.list()) if (name.startsWith(DOMAIN)) host.destroy(domid);
}

export function assertRuns(bench: CaseBench, domid: number): void {
  const { host } = bench;
  assertState(host.describe(domid), { paused: false, suspended: false });
  assert.notEqual(host.describe(domid).logDirty, true, 'log-dirty is still on');
  bench.awaitProgress(host, domid);
}

export function assertState(info: DomainInfo, expected: { paused: boolean; suspended: boolean }): void {
  const { paused, suspended, crashed } = info.state;
  assert.deepEqual(
    { paused, suspended, crashed },
    { ...expected, crashed: false },
    `the state of ${info.name}`,
  );
}

export function assertRefused(code: HostErrorCode, action: () => void): void {
  assert.throws(
    action,
    (error) => error instanceof HostError && error.code === code,
    `not refused as ${code}`,
  );
}

/**
 * Makes a policy of so many precopy passes, whatever is dirty; like any policy it decides from the stats
 * alone.
 */
export function passes(count: number): PrecopyPolicy {
  return ({ iteration, point }) =>
    point !== 'between-batches' && iteration >= count
      ? { decision: 'stop-and-copy', reason: { code: 'case', sentence: `${count} passes made` } }
      : { decision: 'continue-precopy' };
}

export function saving(policy: PrecopyPolicy, more: Partial<SaveOptions> = {}): SaveOptions {
  return { live: true, debug: false, suspendTimeout: 60_000, policy, ...more };
}

/** Runs `action` with an output that records what is written. */
export function withRecording(action: (recording: DescriptorRecording) => void): void {
  const recording = new DescriptorRecording();
  try {
    action(recording);
  } finally {
    recording.close();
  }
}

/** Takes a domain as a migration does, and releases it afterwards. */
export function withTaken<T>(host: Host, domid: number, use: (domain: OutgoingDomain) => T): T {
  const domain = host.take(domid, { kind: 'migration', to: 'elsewhere' });
  try {
    return use(domain);
  } finally {
    domain.release();
  }
}

/** Restores a recording as a migration does: the copy has arrived, and does not run. */
export function arrived(
  { target }: CaseBench,
  recording: DescriptorRecording,
  configuration: string,
  features?: ExtensionFeatures,
): IncomingDomain {
  const input = recording.input();
  try {
    return target.restoreFrom(input, { configuration, name: COPY, fromHost: true, features });
  } finally {
    input.close();
  }
}
