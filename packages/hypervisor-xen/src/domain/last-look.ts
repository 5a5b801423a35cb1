/**
 * Checks that a domain is still as mig stopped it. Until permission is given a stock command may change it
 * without asking; afterwards the target may run it.
 */
import { HostError } from '@mig/hypervisor';
import { configurationChange } from './configuration-change.js';
import type { Observed } from '../record/domain-standing.js';

const BY_ANOTHER = 'by another command meanwhile';

/** The domain's state when it stopped for us. */
export interface Stopped {
  readonly uuid: string;
  readonly cpuNanoseconds: number;
}

/** @throws HostError `stale`, saying what has changed */
export function lookAgain(domid: number, now: Observed, stopped: Stopped): void {
  const changed = whatHappened(now, stopped);
  if (changed !== undefined) throw stale(domid, now.name, changed);
}

/** @throws HostError `stale` where its name is not the one it was taken under */
export function lookAtName(domid: number, { name }: Observed, ownName: string): void {
  if (name !== ownName) throw stale(domid, ownName, `was renamed ${name} ${BY_ANOTHER}`);
}

/** @throws HostError `stale` where the target got another configuration */
export function lookAtConfiguration(domid: number, name: string, sent: string, now: string): void {
  const change = configurationChange(sent, now);
  if (change !== undefined) throw stale(domid, name, `was configured anew ${BY_ANOTHER} (${change})`);
}

function stale(domid: number, name: string, what: string): HostError {
  return new HostError('stale', `${name} ${what}`, {
    domid,
  });
}

function whatHappened(now: Observed, { uuid, cpuNanoseconds }: Stopped): string | undefined {
  if (now.uuid !== uuid) return 'is another domain by now';
  if (now.crashed) return 'has crashed';
  if (now.cpuNanoseconds !== cpuNanoseconds) return `was resumed ${BY_ANOTHER}, and has run`;
  if (!now.suspended) return `was resumed ${BY_ANOTHER}`;
  if (!now.paused) return `was unpaused ${BY_ANOTHER}`;
  return undefined;
}
