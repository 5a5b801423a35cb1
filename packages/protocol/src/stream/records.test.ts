/** Tests of every record kind: value and octets, both ways, good and bad rows side by side. */
import { describe, expect, it } from 'vitest';
import {
  encodeImageRecord,
  encodeLibxlRecord,
  imageKinds,
  type ImageRecord,
  LibxlDecoder,
  libxlKinds,
  type LibxlRecord,
} from '../index.js';
import { OctetReader } from '../octets/octets.js';
import { encodeLibxlHeader } from '../libxl/libxl-header.js';
import {
  concat,
  decodeRecord,
  decodeUnfinished,
  hex,
  imageHeaders,
  pageData,
  toHex,
} from '../streams.test-support.js';

const octets = (...values: number[]) => Uint8Array.from(values);

/** Rows of records and their octets, little-endian unless the row says otherwise. */
const imageRows: readonly (readonly [record: ImageRecord, hex: string, order?: 'big-endian'])[] = [
  [{ type: 'END' }, '00000000 00000000'],
  [
    { type: 'END', tail: octets(1), padding: octets(0, 0, 0, 0, 0, 0, 9) },
    '00000000 01000000 01 00000000000009',
  ],
  [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 }, '02000000 08000000 08 04 000000000000'],
  [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 }, '00000002 00000008 08 04 000000000000', 'big-endian'],
  [
    { type: 'X86_PV_INFO', guestWidth: 4, ptLevels: 3, reserved: octets(0, 0, 0, 0, 0, 7), tail: octets(5) },
    '02000000 09000000 04 03 000000000007 05 00000000000000',
  ],
  [
    { type: 'X86_PV_P2M_FRAMES', startPfn: 0, endPfn: 513, pfns: Float64Array.of(7, 2 ** 52 - 1) },
    '03000000 18000000 00000000 01020000 0700000000000000 ffffffffffff0f00',
  ],
  [
    { type: 'X86_PV_VCPU_EXTENDED', vcpuId: 1, context: octets(1, 2, 3) },
    '05000000 0b000000 01000000 00000000 010203 0000000000',
  ],
  [
    { type: 'X86_PV_VCPU_MSRS', vcpuId: 2, context: octets(), reserved: octets(1, 0, 0, 0) },
    '0c000000 08000000 02000000 01000000',
  ],
  [
    { type: 'X86_PV_VCPU_XSAVE', vcpuId: 0, context: octets(1) },
    '06000000 09000000 00000000 00000000 01 00000000000000',
  ],
  [
    { type: 'X86_PV_VCPU_BASIC', vcpuId: 0, context: octets(1) },
    '04000000 09000000 00000000 00000000 01 00000000000000',
  ],
  [{ type: 'SHARED_INFO', sharedInfo: octets(9, 8) }, '07000000 02000000 0908 000000000000'],
  [
    { type: 'X86_TSC_INFO', mode: 1, khz: 2596132, nanoseconds: 0x1122334455667788n, incarnation: 3 },
    '08000000 18000000 01000000 249d2700 8877665544332211 03000000 00000000',
  ],
  [
    { type: 'X86_TSC_INFO', mode: 1, khz: 2596132, nanoseconds: 0x1122334455667788n, incarnation: 3 },
    '00000008 00000018 00000001 00279d24 1122334455667788 00000003 00000000',
    'big-endian',
  ],
  [{ type: 'HVM_CONTEXT', context: octets(0, 0, 0, 0, 0, 0, 0, 0) }, '09000000 08000000 0000000000000000'],
  [
    { type: 'HVM_PARAMS', params: [{ index: 1n, value: 0xfeffcn }] },
    '0a000000 18000000 01000000 00000000 0100000000000000 fcef0f0000000000',
  ],
  [{ type: 'HVM_PARAMS', params: [] }, '0a000000 08000000 00000000 00000000'],
  [{ type: 'TOOLSTACK', data: octets(1) }, '0b000000 01000000 01 00000000000000'],
  [{ type: 'VERIFY' }, '0d000000 00000000'],
  [{ type: 'CHECKPOINT' }, '0e000000 00000000'],
  [
    { type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(2 ** 32) },
    '0f000000 08000000 0000000001000000',
  ],
  [{ type: 'STATIC_DATA_END' }, '10000000 00000000'],
  [
    { type: 'X86_CPUID_POLICY', leaves: [{ leaf: 7, subleaf: 0, a: 1, b: 2, c: 3, d: 0xffffffff }] },
    '11000000 18000000 07000000 00000000 01000000 02000000 03000000 ffffffff',
  ],
  [
    { type: 'X86_MSR_POLICY', msrs: [{ index: 0xce, flags: 0, value: 2n ** 64n - 1n }] },
    '12000000 10000000 ce000000 00000000 ffffffffffffffff',
  ],
  [{ type: 'optional', typeId: 0x80000013, body: octets(1, 2) }, '13000080 02000000 0102 000000000000'],
  [
    { type: 'optional', typeId: 0xffffffff, body: octets(1), padding: octets(1, 0, 0, 0, 0, 0, 0) },
    'ffffffff 01000000 01 01000000000000',
  ],
];

const libxlRows: readonly (readonly [record: LibxlRecord, hex: string])[] = [
  [
    { type: 'EMULATOR_XENSTORE_DATA', emulatorId: 2, index: 0, entries: [] },
    '02000000 08000000 02000000 00000000',
  ],
  [
    { type: 'EMULATOR_XENSTORE_DATA', emulatorId: 2, index: 1, entries: [{ key: 'a/b', value: '' }] },
    '02000000 0d000000 02000000 01000000 61 2f 62 00 00 000000',
  ],
  [
    { type: 'EMULATOR_CONTEXT', emulatorId: 1, index: 0, context: octets(5) },
    '03000000 09000000 01000000 00000000 05 00000000000000',
  ],
  [{ type: 'optional', typeId: 0x80000000, body: octets() }, '00000080 00000000'],
  [{ type: 'LIBXC_CONTEXT' }, '01000000 00000000'],
];

function decodeLibxl(record: Uint8Array): LibxlRecord {
  const decoder = new LibxlDecoder({ strictness: 'verify', onDeviation: () => undefined });
  decoder.give(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
  const atHeader = decoder.give(record.subarray(0, 8));
  const event = atHeader ?? decoder.give(record.subarray(8));
  if (event?.kind !== 'record') throw new Error('no record');
  return event.record;
}

describe('records of the image', () => {
  for (const [record, text, order] of imageRows) {
    it(`${record.type} <-> ${text}${order === undefined ? '' : ' big-endian'}`, () => {
      expect(toHex(encodeImageRecord(record, order))).toBe(text.replace(/ /g, ''));
      const event = decodeRecord(hex(text), order);
      expect(event.kind === 'record' && event.record).toEqual(record);
    });
  }

  it('has rows for every kind but PAGE_DATA, which has its own', () => {
    const kinds = new Set(imageRows.map(([{ type }]) => type));
    expect(Object.keys(imageKinds).filter((name) => !kinds.has(name as never))).toEqual(['PAGE_DATA']);
  });

  it('numbers and names are each used once, and agree', () => {
    for (const [name, kind] of [...Object.entries(imageKinds), ...Object.entries(libxlKinds)]) {
      expect(kind.name).toBe(name);
    }
    const numbers = Object.values(imageKinds).map(({ number }) => number);
    expect(numbers).toEqual([...Array(19).keys()]);
    expect(Object.values(libxlKinds).map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it.each([
    ['02000000 01000000 08 00000000000000', 'bad-length', 'X86_PV_INFO cut short'],
    ['03000000 0c000000 00000000 00000000 00000000 00000000', 'bad-length', 'half a pfn'],
    ['03000000 10000000 00000000 00000000 0000000000001000', 'bad-value', 'a pfn of 53 bits'],
    ['04000000 04000000 00000000 00000000', 'bad-length', 'no room for the vcpu id and reserved'],
    [
      '08000000 14000000 00000000 00000000 0000000000000000 00000000 00000000',
      'bad-length',
      'X86_TSC_INFO of 20',
    ],
    ['0a000000 08000000 01000000 00000000', 'bad-count', 'a parameter missing'],
    ['0a000000 08000000 ffffffff 00000000', 'bad-count', 'a count that would be 64 GiB'],
    ['0a000000 04000000 00000000 00000000', 'bad-length', 'no room for the count'],
    ['0f000000 04000000 00000000 00000000', 'bad-length', 'half a pfn'],
    ['11000000 08000000 00000000 00000000', 'bad-length', 'a third of a leaf'],
    ['12000000 08000000 00000000 00000000', 'bad-length', 'half an MSR'],
    ['13000000 00000000', 'unknown-mandatory-record', 'the first unknown type'],
    ['ffffff7f 00000000', 'unknown-mandatory-record', 'the last unknown type'],
  ])('%s is malformed: %s (%s)', (text, code) => {
    const event = decodeRecord(hex(text));
    if (event.kind !== 'record') throw new Error(event.kind);
    expect(event.record.type).toBe('malformed');
    expect(toHex(encodeImageRecord(event.record))).toBe(text.replace(/ /g, ''));
    const { deviations } = decodeUnfinished(concat([imageHeaders(), hex(text)]), { strictness: 'verify' });
    expect(deviations.map((deviation) => deviation.code)).toContain(code);
  });
});

describe('records of libxl', () => {
  for (const [record, text] of libxlRows) {
    it(`${record.type} <-> ${text}`, () => {
      expect(toHex(encodeLibxlRecord(record))).toBe(text.replace(/ /g, ''));
      expect(decodeLibxl(hex(text))).toEqual(record);
    });
  }

  it.each([
    ['02000000 0a000000 02000000 00000000 6100 000000000000', 'a key without a value'],
    ['02000000 0b000000 02000000 00000000 610062 0000000000', 'a value that does not end'],
    ['03000000 04000000 02000000 00000000', 'no room for the index'],
    ['06000000 00000000', 'the first unknown type'],
  ])('%s is malformed (%s)', (text) => {
    const record = decodeLibxl(hex(text));
    expect(record.type).toBe('malformed');
    expect(toHex(encodeLibxlRecord(record))).toBe(text.replace(/ /g, ''));
  });

  it('CHECKPOINT_STATE comes with its padding in the body, or as stock has it', () => {
    const { codec } = libxlKinds.CHECKPOINT_STATE;
    const fromBody = (text: string) => codec.decode(new OctetReader(hex(text), 'little-endian'));
    expect(fromBody('02000000')).toEqual({ type: 'CHECKPOINT_STATE', controlId: 2 });
    expect(fromBody('0200000000000000')).toEqual({
      type: 'CHECKPOINT_STATE',
      controlId: 2,
      reserved: octets(0, 0, 0, 0),
    });
    expect(toHex(encodeLibxlRecord({ type: 'CHECKPOINT_STATE', controlId: 2 }))).toBe(
      '05000000040000000200000000000000',
    );
    const reserved = octets(0, 0, 0, 0);
    expect(toHex(encodeLibxlRecord({ type: 'CHECKPOINT_STATE', controlId: 2, reserved }))).toBe(
      '05000000080000000200000000000000',
    );
  });
});

describe('encoding refuses', () => {
  it.each<[string, () => unknown]>([
    ['a number too large', () => encodeImageRecord({ type: 'X86_PV_INFO', guestWidth: 256, ptLevels: 4 })],
    [
      'a negative number',
      () => encodeImageRecord({ type: 'X86_PV_VCPU_BASIC', vcpuId: -1, context: octets() }),
    ],
    [
      '64 bits overflown',
      () => encodeImageRecord({ type: 'HVM_PARAMS', params: [{ index: 0n, value: 2n ** 64n }] }),
    ],
    [
      'a pfn of 53 bits',
      () => encodeImageRecord({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(2 ** 52) }),
    ],
    ['padding of another length', () => encodeImageRecord({ type: 'END', padding: octets(1) })],
    [
      'reserved of another length',
      () => encodeImageRecord({ type: 'HVM_PARAMS', params: [], reserved: octets(1) }),
    ],
    [
      'an optional record without its bit',
      () => encodeImageRecord({ type: 'optional', typeId: 19, body: octets() }),
    ],
    ['a type that is none', () => encodeImageRecord({ type: 'NONE' } as never)],
    [
      'a key with a NUL',
      () =>
        encodeLibxlRecord({
          type: 'EMULATOR_XENSTORE_DATA',
          emulatorId: 2,
          index: 0,
          entries: [{ key: 'a\0', value: '' }],
        }),
    ],
  ])('%s', (_, encode) => {
    expect(encode).toThrow(RangeError);
  });
});

it('PAGE_DATA <-> its octets', () => {
  const record = pageData([3, 2 ** 52 - 1, 5], [0, 15, 9]);
  const head = '01000000 20200000 03000000 00000000 0300000000000000 ffffffffffff0ff0 0500000000000090';
  expect(toHex(encodeImageRecord(record))).toBe(head.replace(/ /g, '') + 'a5'.repeat(8192));
});
