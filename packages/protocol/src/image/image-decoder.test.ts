/** Tests of the image decoder: what it refuses, what it reports, what it accepts; and how it is pulled. */
import { describe, expect, it } from 'vitest';
import { encodeImageRecord, ImageDecoder, PageDataEncoder, StreamError, type ImageRecord } from '../index.js';
import { paddedLength } from '../layer/framing.js';
import {
  concat,
  decodeUnfinished,
  hex,
  image,
  imageHeaders,
  type ImageOptions,
  pageData,
  raw,
} from '../streams.test-support.js';

const end: ImageRecord = { type: 'END' };
const staticEnd: ImageRecord = { type: 'STATIC_DATA_END' };
const params: ImageRecord = { type: 'HVM_PARAMS', params: [{ index: 1n, value: 2n }] };
const context: ImageRecord = { type: 'HVM_CONTEXT', context: new Uint8Array(16) };
const tsc: ImageRecord = { type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 1n, incarnation: 0 };
const cpuid: ImageRecord = {
  type: 'X86_CPUID_POLICY',
  leaves: [{ leaf: 0, subleaf: 0, a: 0, b: 0, c: 0, d: 0 }],
};
const info: ImageRecord = { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 };
const frames: ImageRecord = {
  type: 'X86_PV_P2M_FRAMES',
  startPfn: 0,
  endPfn: 1023,
  pfns: Float64Array.of(1, 2),
};
const shared: ImageRecord = { type: 'SHARED_INFO', sharedInfo: new Uint8Array(4096) };
const pages = pageData([1, 2], [0, 15]);
const basic = (octets: number): ImageRecord => {
  return { type: 'X86_PV_VCPU_BASIC', vcpuId: 0, context: new Uint8Array(octets) };
};
const pv = { guest: 'x86-pv' } as const;
const v2 = { version: 2 } as const;
const pvStart = [info, staticEnd, frames];

type Row = readonly [
  name: string,
  records: readonly (ImageRecord | Uint8Array)[],
  /** The error thrown when receiving; verifying reports the same as wrong. */
  refused: string | undefined,
  /** The reports when verifying, in order. */
  reported: readonly string[],
  options?: ImageOptions,
];

const rows: readonly Row[] = [
  ['HVM as specified', [cpuid, staticEnd, pages, tsc, params, context, end], undefined, []],
  [
    'HVM as stock writes it',
    [staticEnd, pages, tsc, context, params, end],
    undefined,
    ['hvm-context-before-hvm-params'],
  ],
  ['HVM without memory', [staticEnd, end], undefined, []],
  ['PV as specified', [...pvStart, pages, tsc, shared, basic(5168), end], undefined, [], pv],
  ['version 2 HVM', [pages, tsc, params, context, end], undefined, [], v2],
  ['version 2 PV', [info, frames, pages, shared, basic(5168), end], undefined, [], { ...pv, ...v2 }],
  ['version 2, state before memory', [tsc, params, context, pages, end], undefined, [], v2],
  ['version 2 with a record of version 3', [cpuid, pages, end], undefined, ['out-of-order'], v2],
  ['optional record', [raw(0x80000001, hex('01')), staticEnd, end], undefined, ['optional-record']],
  ['pages again', [staticEnd, pages, pages, end], undefined, ['page-sent-again']],
  ['VERIFY', [staticEnd, pages, { type: 'VERIFY' }, pages, end], undefined, ['page-sent-again']],

  ['PAGE_DATA before STATIC_DATA_END', [pages, staticEnd, end], 'out-of-order', ['out-of-order']],
  ['no STATIC_DATA_END at all', [end], undefined, ['out-of-order']],
  ['registers before STATIC_DATA_END', [tsc, staticEnd, end], undefined, ['out-of-order']],
  ['static data after their end', [staticEnd, cpuid, end], undefined, ['out-of-order']],
  ['STATIC_DATA_END twice', [staticEnd, staticEnd, end], 'out-of-order', ['out-of-order', 'out-of-order']],
  ['X86_PV_INFO twice', [info, info, staticEnd, frames, end], 'out-of-order', ['out-of-order'], pv],
  ['P2M_FRAMES before STATIC_DATA_END', [info, frames, staticEnd, end], 'out-of-order', ['out-of-order'], pv],
  [
    'P2M_FRAMES before X86_PV_INFO',
    [staticEnd, frames, info, end],
    'out-of-order',
    ['out-of-order', 'out-of-order', 'out-of-order'],
    pv,
  ],
  ['SHARED_INFO before X86_PV_INFO', [shared], 'out-of-order', ['out-of-order', 'out-of-order'], pv],
  ['PV pages before P2M_FRAMES', [info, staticEnd, pages], 'out-of-order', ['out-of-order', 'bad-value'], pv],
  [
    'PV pages after a vcpu',
    [...pvStart, pages, basic(5168), pageData([3], [0])],
    undefined,
    ['out-of-order'],
    pv,
  ],
  ['a vcpu before pages', [...pvStart, basic(5168)], undefined, ['out-of-order'], pv],
  ['PV record in an HVM image', [info], 'unknown-mandatory-record', ['unknown-mandatory-record']],
  [
    'SHARED_INFO in an HVM image',
    [staticEnd, shared],
    'unknown-mandatory-record',
    ['unknown-mandatory-record'],
  ],
  [
    'HVM record in a PV image',
    [...pvStart, params],
    'unknown-mandatory-record',
    ['unknown-mandatory-record'],
    pv,
  ],
  [
    'TOOLSTACK',
    [{ type: 'TOOLSTACK', data: hex('01') }],
    'unknown-mandatory-record',
    ['unknown-mandatory-record'],
  ],
  ['unknown mandatory', [raw(0x13, hex('01'))], 'unknown-mandatory-record', ['unknown-mandatory-record']],
  [
    'a list that travels back',
    [staticEnd, { type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: Float64Array.of(1) }],
    'out-of-order',
    ['out-of-order'],
  ],

  ['a pfn beyond the p2m', [...pvStart, pageData([1024], [0])], 'bad-value', ['bad-value'], pv],
  ['the last pfn of the p2m', [...pvStart, pageData([1023], [9])], undefined, [], pv],
  ['odd guest width', [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 3 }], 'bad-value', ['bad-value'], pv],
  ['end before start', [info, staticEnd, { ...frames, startPfn: 2000 }], 'bad-value', ['bad-value'], pv],
  ['p2m frames missing', [info, staticEnd, { ...frames, endPfn: 1024 }], 'bad-length', ['bad-length'], pv],
  [
    'p2m frames of a 32-bit guest',
    [{ ...info, guestWidth: 4, ptLevels: 3 }, staticEnd, { ...frames, endPfn: 2047 }],
    undefined,
    [],
    pv,
  ],
  ['a vcpu of another size', [...pvStart, pages, basic(2800)], 'bad-length', ['bad-length'], pv],
  ['a vcpu without content', [...pvStart, pages, basic(0)], undefined, ['no-content'], pv],
  [
    'a vcpu of a 32-bit guest',
    [{ ...info, guestWidth: 4, ptLevels: 3 }, staticEnd, { ...frames, endPfn: 2047 }, pages, basic(2800)],
    undefined,
    [],
    pv,
  ],
  [
    'extended state of 129',
    [...pvStart, pages, raw(5, new Uint8Array(137))],
    'bad-length',
    ['bad-length'],
    pv,
  ],
  ['XSAVE of 15', [...pvStart, pages, raw(6, new Uint8Array(23))], 'bad-length', ['bad-length'], pv],
  ['MSRs of 17', [...pvStart, pages, raw(12, new Uint8Array(25))], 'bad-length', ['bad-length'], pv],
  ['SHARED_INFO of 4095', [...pvStart, raw(7, new Uint8Array(4095))], 'bad-length', ['bad-length'], pv],
  ['X86_TSC_INFO of 25', [staticEnd, raw(8, new Uint8Array(25))], 'bad-length', ['bad-length']],
  ['X86_TSC_INFO of 23', [staticEnd, raw(8, new Uint8Array(23))], 'bad-length', ['bad-length']],
  ['no parameters', [staticEnd, { type: 'HVM_PARAMS', params: [] }], undefined, ['no-content']],
  ['an empty context', [staticEnd, params, raw(9, hex(''))], 'bad-length', ['bad-length']],
  ['an empty policy', [raw(17, hex(''))], 'bad-length', ['bad-length']],
  ['4096 parameters', [staticEnd, raw(10, new Uint8Array(65544))], 'record-too-long', ['record-too-long']],
  ['END with a body', [staticEnd, { ...end, tail: hex('01') }], undefined, ['bad-length']],
  [
    'reserved bits',
    [staticEnd, { ...pages, reserved: hex('01000000'), reservedBits: hex('0001') } as ImageRecord],
    undefined,
    ['reserved-not-zero', 'reserved-not-zero'],
  ],
  [
    'odd padding',
    [staticEnd, { type: 'HVM_CONTEXT', context: hex('010203'), padding: hex('0000000001') }, params],
    undefined,
    ['hvm-context-before-hvm-params', 'padding-not-zero'],
  ],

  ['no count', [staticEnd, raw(1, hex('01'))], 'bad-length', ['bad-length']],
  ['an empty PAGE_DATA', [staticEnd, raw(1, hex(''))], 'bad-length', ['bad-length']],
  ['count 0', [staticEnd, raw(1, hex('0000000000000000'))], 'bad-count', ['bad-count']],
  [
    'count above the body',
    [staticEnd, raw(1, hex('0200000000000000 0100000000000000'))],
    'bad-count',
    ['bad-count'],
  ],
  [
    'count of 2^32 - 1',
    [staticEnd, raw(1, hex('ffffffff00000000 0100000000000000'))],
    'bad-count',
    ['bad-count'],
  ],
  [
    'page type 5',
    [staticEnd, raw(1, hex('0100000000000000 0100000000000050'))],
    'bad-page-type',
    ['bad-page-type'],
  ],
  [
    'page type 8',
    [staticEnd, raw(1, hex('0100000000000000 0100000000000080'))],
    'bad-page-type',
    ['bad-page-type'],
  ],
  [
    'a page missing',
    [staticEnd, raw(1, hex('0100000000000000 0100000000000000'))],
    'bad-length',
    ['bad-length'],
  ],
  [
    'bytes after the pages',
    [staticEnd, raw(1, hex('0100000000000000 01000000000000f0 00'))],
    'bad-length',
    ['bad-length'],
  ],
];

describe('what is refused and what is reported', () => {
  for (const [name, records, refused, reported, options] of rows) {
    const octets = image(records, options);

    it(`receiving: ${name}`, () => {
      const decode = () => decodeUnfinished(octets);
      if (refused === undefined) {
        expect(decode().decoder.offset).toBe(octets.length);
      } else {
        expect(decode).toThrow(
          expect.objectContaining({ name: 'StreamError', code: refused, layer: 'libxc' }),
        );
      }
    });

    it(`verifying: ${name}`, () => {
      const { deviations, decoder } = decodeUnfinished(octets, { strictness: 'verify' });
      expect(deviations.map(({ code }) => code)).toEqual(reported);
      expect(decoder.offset).toBe(octets.length);
      for (const { specification, message } of deviations) expect(message && specification).toBeTruthy();
    });
  }
});

describe('what is thrown in any case', () => {
  const headers = imageHeaders();
  const changed = (at: number, value: number) => headers.with(at, value);
  it.each([
    ['marker', changed(3, 0xfe), 'bad-magic'],
    ['id', changed(8, 0x59), 'bad-magic'],
    ['version 1', changed(15, 1), 'unsupported-version'],
    ['version 4', changed(15, 4), 'unsupported-version'],
    ['guest type 0', changed(24, 0), 'bad-value'],
    ['guest type 3', changed(24, 3), 'bad-value'],
    ['page shift 13', changed(28, 13), 'bad-value'],
    ['a body of 128 MiB and one', concat([headers, hex('09000000 01000008')]), 'record-too-long'],
    ['CHECKPOINT', concat([headers, encodeImageRecord({ type: 'CHECKPOINT' })]), 'out-of-order'],
  ])('%s, though a valid record follows', (_, octets, code) => {
    const all = concat([octets, encodeImageRecord(staticEnd)]);
    for (const strictness of ['receive', 'verify'] as const) {
      const decode = () => decodeUnfinished(all, { strictness });
      expect(decode).toThrow(expect.objectContaining({ name: 'StreamError', code }));
    }
  });

  it('big-endian is refused, and verified on', () => {
    const octets = image([staticEnd, pages, params, context, end], { byteOrder: 'big-endian' });
    expect(() => decodeUnfinished(octets)).toThrow(
      expect.objectContaining({ code: 'unsupported-byte-order' }),
    );
    const { deviations, decoder } = decodeUnfinished(octets, { strictness: 'verify' });
    expect(deviations.map(({ code }) => code)).toEqual(['unsupported-byte-order']);
    expect(decoder.finished).toBe(true);
  });

  it('CHECKPOINT is taken from a stream of checkpoints', () => {
    const octets = image([staticEnd, pages, params, context, { type: 'CHECKPOINT' }, end]);
    expect(decodeUnfinished(octets, { checkpointed: true }).decoder.finished).toBe(true);
  });
});

describe('an error says', () => {
  it('code, layer, record, offset, field, and what is asked', () => {
    const octets = image([staticEnd, raw(10, hex('0200000000000000'))]);
    let error: unknown;
    try {
      decodeUnfinished(octets, { offset: 1000 });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(StreamError);
    expect(error).toMatchObject({
      code: 'bad-count',
      layer: 'libxc',
      offset: 1048,
      record: { index: 1, type: 10, name: 'HVM_PARAMS' },
      field: 'count',
      specification: 'libxc specification, "HVM_PARAMS"',
    });
    expect(String(error)).toContain('libxc record 1 (HVM_PARAMS) at byte 1048');
  });
});

describe('pulling', () => {
  it('wants little until a cap has been checked, and allocates nothing for what is announced', () => {
    const decoder = new ImageDecoder();
    decoder.give(imageHeaders().subarray(0, 24));
    decoder.give(imageHeaders().subarray(24));
    decoder.give(encodeImageRecord(staticEnd));
    decoder.give(hex('09000000 00000008'));
    expect(decoder.wants).toBe(128 * 2 ** 20);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated', offset: 56 }));
  });

  it('steps aside for pages, and takes exactly what it wants', () => {
    const decoder = new ImageDecoder();
    decoder.give(imageHeaders().subarray(0, 24));
    decoder.give(imageHeaders().subarray(24));
    decoder.give(encodeImageRecord(staticEnd));
    expect(() => decoder.give(new Uint8Array(7))).toThrow(RangeError);
    const head = new PageDataEncoder().encode(Float64Array.of(1, 2, 3), Uint8Array.of(0, 15, 0), 3);
    expect(decoder.give(head.subarray(0, 8))).toBeUndefined();
    expect(decoder.wants).toBe(8);
    decoder.pagesTaken(0);
    expect(decoder.give(head.subarray(8, 16))).toBeUndefined();
    expect(decoder.wants).toBe(24);
    expect(decoder.give(head.subarray(16))).toMatchObject({ kind: 'pages', count: 3, present: 2 });
    expect([decoder.wants, decoder.pageOctets]).toEqual([0, 8192]);
    expect(() => decoder.give(new Uint8Array(0))).toThrow(RangeError);
    decoder.pagesTaken(4096);
    expect(decoder.wants).toBe(0);
    expect(() => decoder.pagesTaken(4097)).toThrow(RangeError);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
    decoder.pagesTaken(4096);
    expect([decoder.wants, decoder.offset]).toEqual([8, 40 + 8 + head.length + 8192]);
    expect(decoder.give(encodeImageRecord(end))).toMatchObject({ kind: 'record', index: 2 });
    expect([decoder.wants, decoder.finished]).toEqual([0, true]);
    decoder.end();
  });

  it('is of no more use after an error', () => {
    const decoder = new ImageDecoder();
    expect(() => decoder.give(new Uint8Array(24))).toThrow(StreamError);
    expect(decoder.wants).toBe(0);
    expect(() => decoder.give(imageHeaders().subarray(0, 24))).toThrow(RangeError);
    expect(() => decoder.end()).toThrow(StreamError);
  });

  it('verifying without somewhere to report is a mistake', () => {
    expect(() => new ImageDecoder({ strictness: 'verify' })).toThrow(TypeError);
  });

  it('pads to 8', () => {
    expect([0, 1, 7, 8, 9].map(paddedLength)).toEqual([0, 8, 8, 8, 16]);
  });
});
