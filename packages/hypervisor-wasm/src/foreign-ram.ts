import { HostError } from '@mig/hypervisor';
import { Mapping } from '@mig/posix';
import { closeSync, openSync } from 'node:fs';
import type { ControlState } from '@mig/protocol/control';
import { isAlive, type ProcessIdentity } from './process-identity.js';

export const PAGE_SIZE = 4096;

/** Maps a domain's RAM into this process, as a toolstack maps foreign pages in Xen. */
export function mapForeignRam(
  owner: ProcessIdentity,
  { descriptor, length }: ControlState['ram'],
  access: 'read' | 'write',
): Mapping {
  const fd = openSync(`/proc/${owner.pid}/fd/${descriptor}`, access === 'read' ? 'r' : 'r+');
  try {
    // Looked at after opening: only then is it certain that what was opened is the domain's.
    checkAlive(owner);
    return Mapping.of(fd, length, access);
  } finally {
    closeSync(fd);
  }
}

/** @throws HostError domain-died */
export function checkAlive(owner: ProcessIdentity): void {
  if (!isAlive(owner)) throw new HostError('domain-died', `process ${owner.pid} of the domain is gone`);
}

/** @throws RangeError for one beyond memory */
export function checkPfns(pfns: Float64Array, count: number, pageCount: number): void {
  for (let i = 0; i < count; i++) {
    const pfn = pfns[i]!;
    if (!(pfn < pageCount))
      throw new HostError('bad-guest', `pfn ${pfn} is beyond the domain's ${pageCount} pages`);
  }
}
