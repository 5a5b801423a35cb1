import type { OctetSource } from '@mig/channel';
import { HostError, type IncomingMemory, type RestoreOptions } from '@mig/hypervisor';
import { type DomainHeader, Emulator, LibxlDecoder, type LibxlRecord } from '@mig/protocol';
import { quoted } from '@mig/protocol/terminal-text';
import { pullFrom, restoreImage } from '@mig/receiver';
import type { ControlConnection } from './control-connection.js';
import { IncomingDomainMemory } from './incoming-domain-memory.js';
import type { ProcessIdentity } from './process-identity.js';
import { LARGEST_CONTEXT } from './vcpu-context.js';

type ImageOptions = Pick<RestoreOptions, 'onEvent' | 'features' | 'digest'>;

/** Reads a libxl stream into an incoming domain, which then is complete, and paused. */
export function restoreDomain(
  owner: ProcessIdentity,
  connection: ControlConnection,
  input: OctetSource,
  options: ImageOptions = {},
): void {
  const memory = new IncomingDomainMemory(owner, connection.state().ram);
  try {
    const context = readStream(memory, input, options);
    if (context === undefined) {
      throw new HostError('bad-guest', 'the stream has no state of a vCPU (EMULATOR_CONTEXT)');
    }
    connection.do({ kind: 'adopt', octets: context });
  } finally {
    memory.close();
  }
}

/**
 * Refuses the stream of a real Xen domain by its name, which is read as far as needed.
 * @param type c_info.type of its configuration
 * @throws HostError foreign-domain
 */
export function refuseForeignStream(type: string, input: OctetSource): never {
  const domain = `${quoted(type.toUpperCase())} domain`;
  const refuse = (header: DomainHeader): never => {
    const version = `${header.xenMajor}.${header.xenMinor}`;
    throw new HostError(
      'foreign-domain',
      `this stream is of a ${domain} of Xen ${version}; the embedded hypervisor runs WebAssembly domains`,
    );
  };
  const untouched = (): never => {
    throw new HostError('foreign-domain', `this stream is of a ${domain}, not a WebAssembly one`);
  };
  const memory: IncomingMemory = {
    expect: refuse,
    staticDataEnd: untouched,
    populate: untouched,
    readPages: untouched,
    comparePages: untouched,
    apply: untouched,
  };
  readStream(memory, input);
  return untouched();
}

/** Reads a libxl stream into a memory. @returns the state of the vCPU, where there is one */
export function readStream(
  memory: IncomingMemory,
  input: OctetSource,
  { onEvent, features, digest }: ImageOptions = {},
): Uint8Array | undefined {
  const decoder = new LibxlDecoder({ offset: input.octets, longestContext: LARGEST_CONTEXT, features });
  let context: Uint8Array | undefined;
  for (const event of pullFrom(decoder, input)) {
    if (event.kind !== 'record') continue;
    if (event.record.type === 'LIBXC_CONTEXT') {
      const options = { offset: decoder.offset, onEvent, features, digest };
      decoder.imageTaken(restoreImage(memory, input, options).octets);
    } else if (event.record.type === 'DIGEST' || event.record.type === 'END') {
      digest?.check({ ...event, layer: 'libxl', record: event.record });
    } else if (isVcpu(event.record)) {
      context = new Uint8Array(event.record.context);
    }
  }
  return context;
}

function isVcpu(record: LibxlRecord): record is LibxlRecord & { type: 'EMULATOR_CONTEXT' } {
  return record.type === 'EMULATOR_CONTEXT' && record.emulatorId === Emulator.UNKNOWN && record.index === 0;
}
