import { HostError } from '@mig/hypervisor';
import { Mapping } from '@mig/posix';
import { closeSync, openSync } from 'node:fs';
import { PAGE_SIZE } from '@mig/protocol';
import type { ControlState } from './control/control-messages.js';
import { codeOf } from './error-code.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';

/** A domain's RAM mapped into this process, as a toolstack maps foreign pages in Xen. */
export class ForeignRam {
  readonly mapping: Mapping;
  /** The descriptor of its file. */
  readonly descriptor: number;
  readonly pageCount: number;

  constructor(owner: ProcessIdentity, ram: ControlState['ram'], access: 'read' | 'write') {
    this.pageCount = ram.length / PAGE_SIZE;
    this.descriptor = openRam(owner, ram.descriptor, access === 'read' ? 'r' : 'r+');
    try {
      // Checked after opening: only then is it certain that the file is the domain's.
      checkAlive(owner);
      this.mapping = Mapping.of(this.descriptor, ram.length, access);
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    }
  }

  close(): void {
    this.mapping.unmap();
    closeSync(this.descriptor);
  }
}

function openRam(owner: ProcessIdentity, descriptor: number, flags: string): number {
  try {
    return openSync(`/proc/${owner.pid}/fd/${descriptor}`, flags);
  } catch (error) {
    checkAlive(owner);
    const message = `the memory of process ${owner.pid} cannot be opened (${codeOf(error)})`;
    throw new HostError('unavailable', message, { cause: error });
  }
}

/**
 * @throws HostError `domain-died` where the process is certainly gone, `unavailable` where that is unknown
 */
export function checkAlive(owner: ProcessIdentity): void {
  if (!isAlive(owner)) throw new HostError('domain-died', `process ${owner.pid} of the domain is gone`);
}

/** @throws HostError for a pfn beyond memory */
export function checkPfns(pfns: Float64Array, count: number, pageCount: number): void {
  for (let i = 0; i < count; i++) {
    const pfn = pfns[i]!;
    if (!(pfn < pageCount))
      throw new HostError('bad-guest', `pfn ${pfn} is beyond the domain's ${pageCount} pages`);
  }
}
