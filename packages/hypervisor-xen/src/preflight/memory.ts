import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import type { Needs } from './configuration.js';

/** KiB. */
export interface HostMemory {
  readonly free: number;
  /** What domain 0 has: it may be made to give some of it up, and no other domain is. */
  readonly controlDomain: number;
}

export function checkMemory({ least, most }: Needs['memory'], { free, controlDomain }: HostMemory): Check {
  const words = `it needs ${mib(most)} MiB, and ${mib(free)} MiB are free`;
  if (most <= free) return passed('memory', words);
  const withDomain0 = `with all that domain 0 has, ${mib(free + controlDomain)} MiB`;
  if (least > free + controlDomain) {
    return failed(
      'memory',
      `it needs ${mib(least)} MiB at least, and ${mib(free)} MiB are free, ${withDomain0}`,
    );
  }
  return unknown('memory', `${words}: it fits where domain 0 gives memory up, or where the guest uses less`);
}

function mib(kib: number): number {
  return Math.ceil(kib / 1024);
}
