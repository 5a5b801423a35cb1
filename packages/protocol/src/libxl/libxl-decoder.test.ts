import { describe, expect, it } from 'vitest';
import {
  encodeLibxlHeader,
  encodeLibxlRecord,
  LibxlDecoder,
  type Deviation,
  type LibxlRecord,
} from '../index.js';
import { hex, raw } from '../streams.test-support.js';

const header = encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false });
const image: LibxlRecord = { type: 'LIBXC_CONTEXT' };
const end: LibxlRecord = { type: 'END' };
const emulator: LibxlRecord = { type: 'EMULATOR_CONTEXT', emulatorId: 2, index: 0, context: hex('0102') };
const xenstore = (key: string): LibxlRecord => {
  return { type: 'EMULATOR_XENSTORE_DATA', emulatorId: 2, index: 0, entries: [{ key, value: 'v' }] };
};

/** Runs the decoder over records, with an image of 1000 octets after LIBXC_CONTEXT. */
function run(records: readonly (LibxlRecord | Uint8Array)[], strictness: 'receive' | 'verify' = 'receive') {
  const deviations: Deviation[] = [];
  const decoder = new LibxlDecoder({ strictness, onDeviation: (each) => deviations.push(each) });
  decoder.give(header);
  for (const record of records) {
    const octets = record instanceof Uint8Array ? record : encodeLibxlRecord(record);
    if (decoder.inImage) decoder.imageTaken(1000);
    const atHeader = decoder.give(octets.subarray(0, 8));
    if (atHeader === undefined) decoder.give(octets.subarray(8));
  }
  return { decoder, deviations: deviations.map(({ code }) => code) };
}

type Row = readonly [string, readonly (LibxlRecord | Uint8Array)[], string | undefined, readonly string[]];
const rows: readonly Row[] = [
  ['PVH', [image, end], undefined, []],
  ['HVM', [image, xenstore('a'), emulator, end], undefined, []],
  ['an emulator before the image', [emulator, image, end], undefined, ['out-of-order']],
  ['an optional record', [raw(0x80000001, hex('')), image, end], undefined, ['optional-record']],
  ['an unknown emulator', [image, { ...emulator, emulatorId: 3 }, end], undefined, ['bad-value']],
  ['LIBXC_CONTEXT with a body', [raw(1, hex('01')), end], undefined, ['bad-length']],
  ['no image', [end], 'out-of-order', ['out-of-order']],
  [
    'unknown mandatory',
    [raw(6, hex('')), image, end],
    'unknown-mandatory-record',
    ['unknown-mandatory-record'],
  ],
  ['an absolute key', [image, xenstore('/a'), end], 'bad-value', ['bad-value']],
  ['an empty key', [image, xenstore(''), end], 'bad-value', ['bad-value']],
  ['a key that does not end', [image, raw(2, hex('0200000000000000 61')), end], 'bad-value', ['bad-value']],
  ['no room for an emulator', [image, raw(3, hex('02000000')), end], 'bad-length', ['bad-length']],
  [
    'xenstore data of 1 MiB and one',
    [image, raw(2, new Uint8Array(2 ** 20 + 1))],
    'record-too-long',
    ['record-too-long'],
  ],
];

describe('libxl records', () => {
  for (const [name, records, refused, reported] of rows) {
    it(`receiving: ${name}`, () => {
      if (refused === undefined) expect(run(records).decoder.finished).toBe(true);
      else expect(() => run(records)).toThrow(expect.objectContaining({ code: refused, layer: 'libxl' }));
    });
    it(`verifying: ${name}`, () => {
      expect(run(records, 'verify').deviations).toEqual(reported);
    });
  }

  it.each<[string, LibxlRecord[]]>([
    ['a second image', [image, image]],
    ['CHECKPOINT_END', [image, { type: 'CHECKPOINT_END' }]],
    ['CHECKPOINT_STATE', [image, { type: 'CHECKPOINT_STATE', controlId: 0 }]],
  ])('%s is thrown in any case', (_, records) => {
    for (const strictness of ['receive', 'verify'] as const) {
      expect(() => run(records, strictness)).toThrow(expect.objectContaining({ code: 'out-of-order' }));
    }
  });

  it('a body above 128 MiB is thrown in any case', () => {
    const decoder = new LibxlDecoder({ strictness: 'verify', onDeviation: () => undefined });
    decoder.give(header);
    expect(() => decoder.give(hex('03000000 01000008'))).toThrow(
      expect.objectContaining({ code: 'record-too-long' }),
    );
  });

  it('steps aside for the image, and counts its octets', () => {
    const decoder = new LibxlDecoder({ offset: 100 });
    expect(() => decoder.imageTaken(1)).toThrow(RangeError);
    decoder.give(header);
    decoder.give(encodeLibxlRecord(image));
    expect([decoder.inImage, decoder.wants]).toEqual([true, 0]);
    expect(() => decoder.give(hex(''))).toThrow(RangeError);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated', offset: 124 }));
    decoder.imageTaken(1000);
    expect([decoder.inImage, decoder.wants, decoder.offset]).toEqual([false, 8, 1124]);
    decoder.give(encodeLibxlRecord(end));
    decoder.end();
  });

  it('a big-endian stream is refused, and read when verifying', () => {
    const big = encodeLibxlHeader({ version: 2, byteOrder: 'big-endian', legacy: false, options: 4 });
    expect(() => new LibxlDecoder().give(big)).toThrow(
      expect.objectContaining({ code: 'unsupported-byte-order' }),
    );
    const codes: string[] = [];
    const decoder = new LibxlDecoder({ strictness: 'verify', onDeviation: ({ code }) => codes.push(code) });
    decoder.give(big);
    expect(decoder.give(encodeLibxlRecord(image, 'big-endian'))).toMatchObject({ record: image });
    expect(codes).toEqual(['unsupported-byte-order', 'reserved-not-zero']);
  });
});
