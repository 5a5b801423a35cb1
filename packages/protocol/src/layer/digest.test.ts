import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  announcesDigests,
  describeRecord,
  DIGEST_COVERED,
  DIGEST_LENGTH,
  DIGEST_NUMBER,
  DIGEST_RESIDUE,
  DigestEncoder,
  type DigestRecord,
  encodeImageRecord,
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  EventEncoder,
  ImageDecoder,
  type ImageRecord,
  LibxlDecoder,
  PushDecoder,
  StreamDecoder,
  usableFeatures,
  xlHeader,
  XlOptionalFlag,
} from '../index.js';
import { concat, decodeAll, image, pageData, raw, SEED, toHex } from '../streams.test-support.js';
import { allExtensionFeatures } from './extension.js';

const { EXTENSION, DIGEST } = XlOptionalFlag;
const end: ImageRecord = { type: 'END' };
const staticEnd: ImageRecord = { type: 'STATIC_DATA_END' };
const digest: DigestRecord = { type: 'DIGEST', octets: 0x1234, crc: 0x0a0b0c0d };
const anyDigest: fc.Arbitrary<DigestRecord> = fc.record({
  type: fc.constant('DIGEST' as const),
  octets: fc.maxSafeNat(),
  crc: fc.integer({ min: 0, max: 0xffffffff }),
});

function imageEvents(octets: Uint8Array, offered = true) {
  const decoder = new PushDecoder(new ImageDecoder({ features: offered ? allExtensionFeatures : undefined }));
  const events = [...decoder.push(octets)];
  decoder.end();
  return events;
}

function libxlEvents(records: readonly Uint8Array[], offered = true) {
  const decoder = new LibxlDecoder({ features: offered ? allExtensionFeatures : undefined });
  decoder.give(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
  return records.flatMap((record) => {
    if (decoder.inImage) decoder.imageTaken(0);
    return [decoder.give(record.subarray(0, 8)), ...(record.length > 8 ? [decoder.give(record.subarray(8))] : [])];
  }); // prettier-ignore
}

describe('DIGEST', () => {
  it('has these octets, in both layers', () => {
    const text = '0367696d 10000000 3412000000000000 00000000 0d0c0b0a'.replace(/ /g, '');
    expect(toHex(encodeImageRecord(digest))).toBe(text);
    expect(toHex(encodeLibxlRecord(digest))).toBe(text);
    const big = '6d696703 00000010 0000000000001234 00000000 0d0c0b0a'.replace(/ /g, '');
    expect(toHex(encodeImageRecord(digest, 'big-endian'))).toBe(big);
    expect(text.length / 2).toBe(DIGEST_LENGTH);
  });

  it('any value -> octets -> value, in either byte order', () => {
    const order = fc.constantFrom('little-endian' as const, 'big-endian' as const);
    fc.assert(
      fc.property(anyDigest, order, (record, byteOrder) => {
        const decoder = new PushDecoder(
          new ImageDecoder({
            features: allExtensionFeatures,
            strictness: 'verify',
            onDeviation: () => undefined,
          }),
        );
        const octets = image([staticEnd, record, end], { byteOrder });
        const events = [...decoder.push(octets)];
        expect(events[3]).toMatchObject({ kind: 'record', record });
        const encoder = new EventEncoder();
        const back = events.map((event) => encoder.encode({ ...event, layer: 'libxc' } as never).slice());
        expect(toHex(concat(back))).toBe(toHex(octets));
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('leaves the residue behind whatever it covers, and nothing else does', () => {
    const encoder = new DigestEncoder();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(), (before, bit) => {
        const record = encoder.encode(before.length, (head) => crc32(head, crc32(before)));
        const whole = concat([before, record]);
        expect(crc32(whole)).toBe(DIGEST_RESIDUE);
        const at = bit % (whole.length * 8);
        whole[at >> 3]! ^= 1 << (at & 7);
        expect(crc32(whole)).not.toBe(DIGEST_RESIDUE);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it('its encoder writes what encodeImageRecord writes', () => {
    const encoder = new DigestEncoder();
    const octets = encoder.encode(digest.octets, (head) => {
      expect(head).toHaveLength(DIGEST_COVERED);
      return digest.crc;
    });
    expect(toHex(octets)).toBe(toHex(encodeImageRecord(digest)));
    for (const wrong of [-1, 0.5, 2 ** 53]) expect(() => encoder.encode(wrong, () => 0)).toThrow(RangeError);
  });

  it('may stand anywhere in an image, and in the libxl stream behind it', () => {
    const records = [digest, staticEnd, digest, pageData([1], [0]), digest, digest, end];
    const seen = imageEvents(image(records)).flatMap((event) => (event.kind === 'record' ? [event.record] : []));
    expect(seen.filter(({ type }) => type === 'DIGEST')).toEqual([digest, digest, digest, digest]);
    const context = encodeLibxlRecord({ type: 'LIBXC_CONTEXT' });
    const libxl = libxlEvents([context, encodeLibxlRecord(digest), encodeLibxlRecord({ type: 'END' })]);
    expect(libxl.find((event) => event?.kind === 'record' && event.record.type === 'DIGEST')).toMatchObject({
      record: digest,
    });
    expect(() => libxlEvents([encodeLibxlRecord(digest)])).toThrow(
      expect.objectContaining({ code: 'out-of-order' }),
    );
  }); // prettier-ignore

  it('is an unknown mandatory record where it was not offered', () => {
    const unknown = expect.objectContaining({ code: 'unknown-mandatory-record' }) as Error;
    expect(() => imageEvents(image([staticEnd, digest, end]), false)).toThrow(unknown);
    const context = encodeLibxlRecord({ type: 'LIBXC_CONTEXT' });
    expect(() => libxlEvents([context, encodeLibxlRecord(digest)], false)).toThrow(unknown);
  });

  it.each([
    ['shorter', 8, 'bad-length'],
    ['longer', 24, 'record-too-long'],
  ])('with a %s body is refused', (_, length, code) => {
    const body = new Uint8Array(length);
    expect(() => imageEvents(image([staticEnd, raw(DIGEST_NUMBER, body), end]))).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('with more octets than a number holds is refused', () => {
    const body = new Uint8Array(16).fill(0xff, 0, 8);
    expect(() => imageEvents(image([staticEnd, raw(DIGEST_NUMBER, body), end]))).toThrow(
      expect.objectContaining({ code: 'bad-value', field: 'octets' }),
    );
  });

  it('is described by its fields', () => {
    expect(describeRecord(digest)).toEqual({ octets: 0x1234, crc: '0x0a0b0c0d' });
  });
});

describe('the flag that announces digests', () => {
  it('counts only along with that of the extension', () => {
    const flagged = (optionalFlags: number) => ({ optionalFlags: optionalFlags >>> 0 });
    expect(announcesDigests(flagged(EXTENSION | DIGEST))).toBe(true);
    for (const flags of [0, EXTENSION, DIGEST]) expect(announcesDigests(flagged(flags))).toBe(false);
    expect(usableFeatures(flagged(DIGEST), allExtensionFeatures)).toBeUndefined();
    expect(usableFeatures(flagged(EXTENSION), allExtensionFeatures)?.has('digest')).toBe(false);
    expect(usableFeatures(flagged(EXTENSION), allExtensionFeatures)?.has('zero-pages')).toBe(true);
    expect(usableFeatures(flagged(EXTENSION | DIGEST), allExtensionFeatures)).toEqual(allExtensionFeatures);
  });

  it('is known where it counts, and unknown alone', () => {
    const stream = (flags: number) =>
      concat([
        encodeXlHeader(xlHeader('{}', flags >>> 0)),
        encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
        encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
        image([staticEnd, { type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 2n, incarnation: 0 }, end]),
        encodeLibxlRecord({ type: 'END' }),
      ]);
    const codes = (flags: number) =>
      decodeAll(stream(flags), { strictness: 'verify' }).deviations.map(({ code }) => code);
    expect(codes(EXTENSION | DIGEST)).toContain('mig-extension');
    expect(codes(EXTENSION | DIGEST)).not.toContain('bad-value');
    expect(codes(DIGEST)).toContain('bad-value');
  });

  it('lets the records into a whole stream', () => {
    const stream = (flags: number) =>
      concat([
        encodeXlHeader(xlHeader('{}', flags >>> 0)),
        encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
        encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
        image([staticEnd, digest, end]),
        encodeLibxlRecord(digest),
        encodeLibxlRecord({ type: 'END' }),
      ]);
    const decoder = new PushDecoder(new StreamDecoder());
    const layers = [...decoder.push(stream(EXTENSION | DIGEST))].flatMap((event) =>
      event.kind === 'record' && event.record.type === 'DIGEST' ? [event.layer] : [],
    );
    decoder.end();
    expect(layers).toEqual(['libxc', 'libxl']);
    for (const flags of [0, EXTENSION, DIGEST]) {
      expect(() => [...new PushDecoder(new StreamDecoder()).push(stream(flags))]).toThrow(
        expect.objectContaining({ code: 'unknown-mandatory-record' }),
      );
    }
  });
});
