/**
 * Record kinds of every x86 image. Source: libxc specification, xg_sr_common_x86.c. Layouts show the body.
 */
import { anyGuest, content, refused, staticData, type ImageKind } from './image-kind.js';
import { MAX_RECORD_BODY } from '../limits.js';
import { BodyError, type OctetReader } from '../octets/octets.js';
import { plain, readReserved, writeReserved } from '../layer/record-kind.js';
import type { CpuidLeaf, MsrEntry } from '../layer/records.js';

/**
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | mode                  | kHz                   |
 *     +-----------------------+-----------------------+
 *     | nanoseconds elapsed                           |
 *     +-----------------------+-----------------------+
 *     | incarnation           | reserved              |
 *     +-----------------------+-----------------------+
 */
export const tscInfo: ImageKind<'X86_TSC_INFO'> = {
  number: 8,
  name: 'X86_TSC_INFO',
  about: 'time stamp counter: mode, frequency, time elapsed',
  section: 'X86_TSC_INFO',
  channel: 'forward',
  guests: anyGuest,
  since: 2,
  body: { maximum: MAX_RECORD_BODY, tail: 'refused' },
  phases: content,
  codec: {
    decode(body) {
      const mode = body.u32('mode');
      const khz = body.u32('khz');
      const nanoseconds = body.u64('nsec');
      const incarnation = body.u32('incarnation');
      return { type: 'X86_TSC_INFO', mode, khz, nanoseconds, incarnation, ...readReserved(body, 4) };
    },
    encode(record, body) {
      body.u32(record.mode);
      body.u32(record.khz);
      body.u64(record.nanoseconds);
      body.u32(record.incarnation);
      writeReserved(body, record.reserved, 4);
    },
  },
  describe: ({ mode, khz, nanoseconds, incarnation }) => ({
    mode,
    khz,
    nanoseconds: plain(nanoseconds),
    incarnation,
  }),
};

/**
 * Limits of a policy's body: some hundred entries at most. The bound keeps a body from becoming millions of
 * objects.
 */
const policyBody = { maximum: 2 ** 20, tail: 'refused' } as const;

function entries<E>(body: OctetReader, size: number, read: () => E): E[] {
  if (body.remaining % size !== 0) {
    throw new BodyError('bad-length', `${body.remaining} bytes are no multiple of ${size}`);
  }
  const all: E[] = [];
  while (body.remaining > 0) all.push(read());
  return all;
}

function notEmpty(list: readonly unknown[], section: string) {
  if (list.length > 0) return [];
  return [
    refused(
      'bad-length',
      'policy',
      'an empty policy',
      `libxc specification, "${section}"; xg_sr_common_x86.c`,
    ),
  ];
}

/**
 * An array of xen_cpuid_leaf_t (arch-x86/xen.h), 24 octets each:
 *
 *     | leaf u32 | subleaf u32 | a u32 | b u32 | c u32 | d u32 |
 */
export const cpuidPolicy: ImageKind<'X86_CPUID_POLICY'> = {
  number: 17,
  name: 'X86_CPUID_POLICY',
  about: 'what CPUID tells the guest',
  section: 'X86_CPUID_POLICY',
  channel: 'forward',
  guests: anyGuest,
  since: 3,
  body: policyBody,
  phases: staticData,
  codec: {
    decode(body) {
      const leaves = entries<CpuidLeaf>(body, 24, () => ({
        leaf: body.u32('leaf'),
        subleaf: body.u32('subleaf'),
        a: body.u32('a'),
        b: body.u32('b'),
        c: body.u32('c'),
        d: body.u32('d'),
      }));
      return { type: 'X86_CPUID_POLICY', leaves };
    },
    encode({ leaves }, body) {
      for (const { leaf, subleaf, a, b, c, d } of leaves) {
        for (const value of [leaf, subleaf, a, b, c, d]) body.u32(value);
      }
    },
  },
  check: ({ leaves }) => notEmpty(leaves, 'X86_CPUID_POLICY'),
  describe: ({ leaves }) => ({ leaves }),
};

/**
 * An array of xen_msr_entry_t (arch-x86/xen.h), 16 octets each:
 *
 *     | index u32 | flags u32, zero | value u64 |
 */
export const msrPolicy: ImageKind<'X86_MSR_POLICY'> = {
  number: 18,
  name: 'X86_MSR_POLICY',
  about: 'MSRs that tell the guest of its CPU',
  section: 'X86_MSR_POLICY',
  channel: 'forward',
  guests: anyGuest,
  since: 3,
  body: policyBody,
  phases: staticData,
  codec: {
    decode(body) {
      const msrs = entries<MsrEntry>(body, 16, () => ({
        index: body.u32('idx'),
        flags: body.u32('flags'),
        value: body.u64('val'),
      }));
      return { type: 'X86_MSR_POLICY', msrs };
    },
    encode({ msrs }, body) {
      for (const { index, flags, value } of msrs) {
        body.u32(index);
        body.u32(flags);
        body.u64(value);
      }
    },
  },
  check: ({ msrs }) => notEmpty(msrs, 'X86_MSR_POLICY'),
  describe: ({ msrs }) => ({
    msrs: msrs.map(({ index, flags, value }) => ({ index, flags, value: plain(value) })),
  }),
};
