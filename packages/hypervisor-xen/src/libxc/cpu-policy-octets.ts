/** Converts a CPU policy's leaves and MSRs to and from libxenguest's form. */
import type { CpuidLeaf, MsrEntry } from '@mig/protocol';

/** Sizes of xen_cpuid_leaf_t and xen_msr_entry_t (public/arch-x86/xen.h and xen-x86_32/64). */
const LEAF_SIZE = 24;
const MSR_SIZE = 16;

/** Makes room for `count` leaves. */
export function emptyLeaves(count: number): DataView {
  return new DataView(new ArrayBuffer(count * LEAF_SIZE));
}

/** Makes room for `count` MSRs. */
export function emptyMsrs(count: number): DataView {
  return new DataView(new ArrayBuffer(count * MSR_SIZE));
}

export function readLeaves(octets: DataView, count: number): CpuidLeaf[] {
  return Array.from({ length: count }, (_, i) => {
    const word = (index: number) => octets.getUint32(i * LEAF_SIZE + index * 4, true);
    return { leaf: word(0), subleaf: word(1), a: word(2), b: word(3), c: word(4), d: word(5) };
  });
}

export function writeLeaves(leaves: readonly CpuidLeaf[]): Uint32Array {
  return Uint32Array.from(leaves.flatMap(({ leaf, subleaf, a, b, c, d }) => [leaf, subleaf, a, b, c, d]));
}

export function readMsrs(octets: DataView, count: number): MsrEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const at = i * MSR_SIZE;
    return {
      index: octets.getUint32(at, true),
      flags: octets.getUint32(at + 4, true),
      value: octets.getBigUint64(at + 8, true),
    };
  });
}

export function writeMsrs(msrs: readonly MsrEntry[]): DataView {
  const octets = emptyMsrs(msrs.length);
  msrs.forEach(({ index, flags, value }, i) => {
    octets.setUint32(i * MSR_SIZE, index, true);
    octets.setUint32(i * MSR_SIZE + 4, flags, true);
    octets.setBigUint64(i * MSR_SIZE + 8, value, true);
  });
  return octets;
}
