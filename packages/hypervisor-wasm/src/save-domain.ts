import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import type { Output } from '@mig/posix';
import { Emulator, encodeLibxlHeader, encodeLibxlRecord } from '@mig/protocol';
import type { ControlState } from '@mig/protocol/control';
import { saveImage } from '@mig/sender';
import { ControlConnection } from './control-connection.js';
import { DomainMemory } from './domain-memory.js';
import { livenessOf, type ProcessIdentity } from './process-identity.js';

export interface SavedDomain {
  readonly domid: number;
  readonly folder: string;
  readonly owner: ProcessIdentity;
}

/**
 * Writes a domain as a libxl stream:
 *
 *     libxl header, LIBXC_CONTEXT, image, EMULATOR_CONTEXT (the vCPU), END
 */
export function saveDomain(domain: SavedDomain, output: Output, options: SaveOptions): ImageReport {
  const { domid } = domain;
  const connection = new ControlConnection(domain.folder, domid);
  try {
    refuseUnlessHere(domid, connection.state());
    const memory = new DomainMemory(domain.owner, connection, options.suspendTimeout);
    try {
      output.write(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
      output.write(encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }));
      const report = saveImage(memory, output, options);
      // Asked for last: a domain whose process died while its memory was read ends here, not in a bad stream.
      const context = connection.context();
      output.write(
        encodeLibxlRecord({ type: 'EMULATOR_CONTEXT', emulatorId: Emulator.UNKNOWN, index: 0, context }),
      );
      output.write(encodeLibxlRecord({ type: 'END' }));
      return report;
    } finally {
      memory.close();
    }
  } catch (error) {
    // Whatever it showed itself as first.
    if (livenessOf(domain.owner).verdict !== 'dead') throw error;
    throw new HostError('domain-died', `the process of domain ${domid} is gone`, { domid, cause: error });
  } finally {
    connection.close();
  }
}

/** @throws HostError `wrong-state` for a domain that nothing more is written by */
export function refuseUnlessHere(domid: number, { suspended, crashed, incoming }: ControlState): void {
  if (!suspended && !crashed && !incoming) return;
  const state = crashed ? 'has crashed' : suspended ? 'is suspended already' : 'has not arrived yet';
  throw new HostError('wrong-state', `domain ${domid} ${state}`, { domid });
}
