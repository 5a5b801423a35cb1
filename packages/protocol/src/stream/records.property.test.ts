/** Round trips: any value through its octets, and any octets through the value that they decode to. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeImageRecord, type ByteOrder, type ImageRecord } from '../index.js';
import { paddingOf } from '../limits.js';
import {
  concat,
  decodeRecord,
  decodeUnfinished,
  imageHeaders,
  reencode,
  SEED,
} from '../streams.test-support.js';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const pfn = fc.oneof(fc.integer({ min: 0, max: 2 ** 20 }), fc.integer({ min: 0, max: 2 ** 52 - 1 }));
const pfns = fc.array(pfn, { maxLength: 20 }).map((list) => Float64Array.from(list));
const blob = fc.uint8Array({ maxLength: 40 });
const order = fc.constantFrom<ByteOrder>('little-endian', 'big-endian');
const of = <T extends string>(type: T) => fc.constant(type);
const vcpu = fc.constantFrom(
  'X86_PV_VCPU_BASIC',
  'X86_PV_VCPU_EXTENDED',
  'X86_PV_VCPU_XSAVE',
  'X86_PV_VCPU_MSRS',
);

const record: fc.Arbitrary<ImageRecord> = fc.oneof(
  fc.record({ type: fc.constantFrom('END', 'VERIFY', 'CHECKPOINT', 'STATIC_DATA_END') }),
  fc.record({ type: of('X86_PV_INFO'), guestWidth: fc.nat(255), ptLevels: fc.nat(255) }),
  fc.record({ type: of('X86_PV_P2M_FRAMES'), startPfn: u32, endPfn: u32, pfns }),
  fc.record({ type: vcpu, vcpuId: u32, context: blob }) as fc.Arbitrary<ImageRecord>,
  fc.record({ type: of('SHARED_INFO'), sharedInfo: blob }),
  fc.record({ type: of('X86_TSC_INFO'), mode: u32, khz: u32, nanoseconds: u64, incarnation: u32 }),
  fc.record({ type: of('HVM_CONTEXT'), context: blob }),
  fc.record({ type: of('HVM_PARAMS'), params: fc.array(fc.record({ index: u64, value: u64 })) }),
  fc.record({ type: of('CHECKPOINT_DIRTY_PFN_LIST'), pfns }),
  fc.record({
    type: of('X86_CPUID_POLICY'),
    leaves: fc.array(fc.record({ leaf: u32, subleaf: u32, a: u32, b: u32, c: u32, d: u32 })),
  }),
  fc.record({
    type: of('X86_MSR_POLICY'),
    msrs: fc.array(fc.record({ index: u32, flags: u32, value: u64 })),
  }),
  fc.record({
    type: of('optional'),
    typeId: fc.integer({ min: 0x80000000, max: 0xffffffff }),
    body: blob,
  }),
);

const pageType = fc.constantFrom(0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 14, 15);

it('value -> octets -> value', () => {
  fc.assert(
    fc.property(record, order, (value, byteOrder) => {
      const event = decodeRecord(encodeImageRecord(value, byteOrder), byteOrder);
      expect(event.kind === 'record' && event.record).toEqual(value);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('octets -> value -> octets, however odd', () => {
  const type = fc.oneof(fc.nat(20), fc.integer({ min: 0x80000000, max: 0x80000003 }));
  // Padding is zero, odd, or cut off with the rest.
  const body = fc.uint8Array({ maxLength: 64 });
  const padding = fc.uint8Array({ minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(type, body, padding, order, (typeId, content, pad, byteOrder) => {
      const header = new DataView(new ArrayBuffer(8));
      header.setUint32(0, typeId, byteOrder === 'little-endian');
      header.setUint32(4, content.length, byteOrder === 'little-endian');
      const octets = concat([
        imageHeaders({ byteOrder }),
        new Uint8Array(header.buffer),
        content,
        pad.subarray(0, paddingOf(content.length)),
      ]);
      const { events, decoder } = decodeUnfinished(octets, { strictness: 'verify', checkpointed: true });
      expect(decoder.offset).toBe(octets.length);
      expect(Buffer.compare(reencode(events), octets)).toBe(0);
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

it('pages: value -> octets -> value -> octets, reserved bits included', () => {
  const entry = fc.tuple(pfn, pageType, fc.oneof(fc.constant(0), fc.nat(255)));
  const entries = fc.array(entry, { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(
      entries,
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      order,
      (list, reserved, byteOrder) => {
        const types = Uint8Array.from(list, ([, type]) => type);
        const present = types.filter((type) => type <= 4 || (type >= 9 && type <= 12)).length;
        const value: ImageRecord = {
          type: 'PAGE_DATA',
          pfns: Float64Array.from(list, ([number]) => number),
          types,
          pages: new Uint8Array(present * 4096).fill(7),
          reserved,
          reservedBits: Uint8Array.from(list, ([, , bits]) => bits),
        };
        const octets = concat([imageHeaders({ byteOrder }), encodeImageRecord(value, byteOrder)]);
        const { events } = decodeUnfinished(octets, { strictness: 'verify' });
        const event = events[2];
        if (event?.kind !== 'pages') throw new Error('no pages');
        expect([event.pfns, event.types, event.present]).toEqual([value.pfns, value.types, present]);
        expect(Buffer.compare(reencode(events), octets)).toBe(0);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
