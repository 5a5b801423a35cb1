import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import { LEAST_OF_DOMAIN_0 } from '../libxl/autoballoon.js';
import type { Needs } from './configuration.js';

/** The host's memory in KiB. */
export interface HostMemory {
  readonly free: number;
  /** Memory of domain 0, the only domain that may be made to release some. */
  readonly controlDomain: number;
  /** Whether domain 0 releases memory; undefined if that cannot be asked. */
  readonly autoballoon: boolean | undefined;
}

export function checkMemory(
  { least, most }: Needs['memory'],
  { free, controlDomain, autoballoon }: HostMemory,
): Check {
  const words = `it needs ${mib(most)} MiB, and ${mib(free)} MiB are free`;
  if (most <= free) return passed('memory', words);
  const given = autoballoon === false ? 0 : Math.max(0, controlDomain - LEAST_OF_DOMAIN_0);
  if (least > free + given) {
    const withDomain0 =
      autoballoon === false
        ? 'domain 0 gives none up (autoballoon is off)'
        : `with all that domain 0 may give up ${mib(free + given)} MiB`;
    return failed(
      'memory',
      `it needs ${mib(least)} MiB at least, and ${mib(free)} MiB are free, ${withDomain0}`,
    );
  }
  if (autoballoon === true && most <= free + given) {
    return passed('memory', `${words}: domain 0 gives the rest up (autoballoon)`);
  }
  const domain0 = autoballoon === undefined ? 'domain 0 gives memory up, or where ' : '';
  return unknown('memory', `${words}: it fits where ${domain0}the guest uses less`);
}

function mib(kib: number): number {
  return Math.ceil(kib / 1024);
}
