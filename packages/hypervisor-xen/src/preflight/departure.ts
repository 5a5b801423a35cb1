/** Checks of a domain that leaves this host, by its configuration. */
import { HostError } from '@mig/hypervisor';
import { type Check, failed, passed } from '@mig/protocol/preflight';
import { type Needs, needsIn } from './configuration.js';

/**
 * The reason for PV domains, which follows the name. A Xen with shadow paging could log them: mig does not
 * migrate a PV domain live there, either.
 */
export const NO_LOG_OF_PV = 'is a PV domain, of which Xen as it is usually built does not log the writes';

export function checkLog({ type }: Pick<Needs, 'type'>): Check {
  if (type !== 'pv') return passed('log', 'Xen logs what an HVM or PVH domain writes');
  return passed('log', `it ${NO_LOG_OF_PV}: it moves as stop-and-copy, and stands still meanwhile`);
}

/**
 * Checks passed-through devices: Xen logs no writes of a domain with such a device
 * (paging_log_dirty_enable), and the device stays behind.
 */
export function checkPassedThrough({ passedThrough }: Pick<Needs, 'passedThrough'>): Check {
  if (passedThrough.length === 0) return passed('devices', 'it has no device of this host to itself');
  const devices = passedThrough.join(', ');
  return failed(
    'devices',
    `it has ${devices} of this host to itself, and Xen does not log what that writes: detach it first`,
  );
}

/** @throws HostError `not-live-migratable` */
export function refuseUnmovable(configuration: string, domid: number): void {
  const { outcome, sentence } = checkPassedThrough(needsIn(configuration));
  if (outcome === 'failed') throw new HostError('not-live-migratable', sentence, { domid });
}
