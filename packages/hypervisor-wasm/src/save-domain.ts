import type { OctetSink } from '@mig/channel';
import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import { Emulator, encodeLibxlHeader, encodeLibxlRecord } from '@mig/protocol';
import { saveImage } from '@mig/sender';
import type { ControlConnection } from './control-connection.js';
import { DomainMemory } from './domain-memory.js';
import { livenessOf, type ProcessIdentity } from './process-identity.js';

export interface SavedDomain {
  readonly domid: number;
  readonly owner: ProcessIdentity;
  /** The connection that holds the domain. */
  readonly connection: ControlConnection;
}

/**
 * Writes a domain as a libxl stream:
 *
 *     libxl header, LIBXC_CONTEXT, image, EMULATOR_CONTEXT (the vCPU), DIGEST where digests are wanted, END
 *
 * @param onSuspended is called with the epoch of the suspend
 */
export function saveDomain(
  { domid, owner, connection }: SavedDomain,
  output: OctetSink,
  options: SaveOptions,
  onSuspended: (epoch: number) => void,
): ImageReport {
  let epoch = 0;
  try {
    const memory = new DomainMemory(owner, connection, {
      suspendTimeout: options.suspendTimeout,
      onSuspended: (seen) => {
        epoch = seen;
        onSuspended(seen);
      },
      interrupt: output.interrupt,
      byReference: options.byReference,
    });
    try {
      output.write(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
      output.write(encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }));
      const report = saveImage(memory, output, options);
      // Asked for last: if the domain's process died while its memory was read, the save ends here, not in
      // a bad stream.
      const context = connection.context(epoch);
      output.write(
        encodeLibxlRecord({ type: 'EMULATOR_CONTEXT', emulatorId: Emulator.UNKNOWN, index: 0, context }),
      );
      options.writeDigest?.();
      output.write(encodeLibxlRecord({ type: 'END' }));
      return report;
    } finally {
      memory.close();
    }
  } catch (error) {
    // Whatever showed first.
    if (livenessOf(owner).verdict !== 'dead') throw error;
    throw new HostError('domain-died', `the process of domain ${domid} is gone`, { domid, cause: error });
  }
}
