/**
 * The entries of an HVM context, Xen's own blob: a walk for readers, not a check. Source:
 * xen/include/public/hvm/save.h (descriptor: typecode u16, instance u16, length u32) and arch-x86/hvm/save.h.
 */
export interface HvmContextEntry {
  readonly typecode: number;
  readonly name?: string;
  readonly instance: number;
  /** Octets of content that follow the 8 of the descriptor. */
  readonly length: number;
}

const names: Readonly<Record<number, string>> = {
  0: 'END',
  1: 'HEADER',
  2: 'CPU',
  3: 'PIC',
  4: 'IOAPIC',
  5: 'LAPIC',
  6: 'LAPIC_REGS',
  7: 'PCI_IRQ',
  8: 'ISA_IRQ',
  9: 'PCI_LINK',
  10: 'PIT',
  11: 'RTC',
  12: 'HPET',
  13: 'PMTIMER',
  14: 'MTRR',
  15: 'VIRIDIAN_DOMAIN',
  16: 'CPU_XSAVE',
  17: 'VIRIDIAN_VCPU',
  18: 'VMCE_VCPU',
  19: 'TSC_ADJUST',
  20: 'CPU_MSR',
};

/** Most entries that are listed. A context has a dozen, and as many again for every vcpu. */
const most = 16384;

/**
 * Lists the entries up to END, or up to the first that makes no sense. Little-endian, as every x86 Xen writes
 * it.
 */
export function hvmContextEntries(context: Uint8Array): HvmContextEntry[] {
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  const entries: HvmContextEntry[] = [];
  let position = 0;
  while (position + 8 <= context.length && entries.length < most) {
    const typecode = view.getUint16(position, true);
    const instance = view.getUint16(position + 2, true);
    const length = view.getUint32(position + 4, true);
    if (position + 8 + length > context.length) break;
    const name = names[typecode];
    entries.push({ typecode, ...(name === undefined ? {} : { name }), instance, length });
    if (typecode === 0) break;
    position += 8 + length;
  }
  return entries;
}
