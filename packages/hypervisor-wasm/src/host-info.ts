import type { HostInfo } from '@mig/hypervisor';
import { Mapping, whyNoWriteLog } from '@mig/posix';
import { readFileSync } from 'node:fs';
import { arch, freemem, hostname, release, totalmem } from 'node:os';
import { GUEST_ABI } from './guest/inspect.js';

/**
 * The assumed cost of a suspend in milliseconds: some 25 on two quiet cores, several times that on busy
 * ones.
 */
const ASSUMED_SUSPEND_COST = 100;

/** @param details more fields for `xl info` */
export function describeHost(folder: string, details: HostInfo['details']): HostInfo {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return {
    hypervisor: 'embedded (WebAssembly)',
    version: (JSON.parse(manifest) as { version: string }).version,
    whyNoLogDirty: whyNoLogDirty(),
    assumedSuspendCost: ASSUMED_SUSPEND_COST,
    stateFolder: folder,
    details: {
      host: hostname(),
      release: release(),
      machine: arch(),
      node: process.version,
      guest_abi: GUEST_ABI,
      total_memory: Math.floor(totalmem() / 2 ** 20),
      free_memory: Math.floor(freemem() / 2 ** 20),
      folder,
      ...details,
    },
  };
}

const PROBE = 4096;

/** The reason why this kernel cannot log written pages; undefined if it can. */
export function whyNoLogDirty(): string | undefined {
  const mapping = Mapping.ofMemory('probe', PROBE);
  try {
    const reason = whyNoWriteLog(mapping);
    if (reason === undefined) return undefined;
    return `this kernel (Linux ${release()}) cannot log written pages: ${reason.message}`;
  } finally {
    mapping.unmap();
  }
}
