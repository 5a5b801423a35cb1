import { messageOf } from '@mig/errors';
import type { CpuidLeaf } from '@mig/protocol';
import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import type { CpuPolicy } from '../libxc/control.js';

/** Processor facts of the target's Xen. */
export interface Processors {
  /** The most that a domain can be offered there. */
  offered(): CpuPolicy;
  /** Tells whether the hypervisor accepts a domain with that policy. */
  isOffered(policy: CpuPolicy): boolean;
}

/** @param told the policy that the domain was given */
export function checkProcessor(told: CpuPolicy | undefined, processors: () => Processors): Check {
  if (told === undefined)
    return unknown('processor', 'the source did not say what the domain was told that it has');
  const its = vendorIn(told.leaves);
  try {
    const there = processors();
    const vendor = vendorIn(there.offered().leaves);
    if (its !== vendor) return otherVendor(its, vendor);
    if (!there.isOffered(told)) {
      return failed(
        'processor',
        'Xen there does not offer all that the domain was told that its processor has',
      );
    }
  } catch (error) {
    return unknown('processor', `Xen there could not be asked: ${messageOf(error)}`);
  }
  return passed(
    'processor',
    `all that the domain was told of its processor, of ${its ?? 'nobody'}, is offered there`,
  );
}

export function otherVendor(its = 'nobody', there = 'nobody'): Check {
  return failed('processor', `the domain was told a processor of ${its}, and there is one of ${there}`);
}

/** The vendor in leaf 0: its registers b, d and c. */
export function vendorIn(leaves: readonly CpuidLeaf[]): string | undefined {
  const first = leaves.find(({ leaf }) => leaf === 0);
  if (first === undefined) return undefined;
  const octets = Buffer.from(Uint32Array.of(first.b, first.d, first.c).buffer);
  return octets.every((octet) => octet > 0x20 && octet < 0x7f) ? octets.toString('latin1') : undefined;
}
