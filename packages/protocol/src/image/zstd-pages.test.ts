import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  contentOfFrame,
  encodeImageRecord,
  EventEncoder,
  extensionKinds,
  type ImageRecord,
  ImageDecoder,
  imageKinds,
  MAX_FRAME_PAGES,
  PageType,
  PushDecoder,
  StreamError,
  ZstdPagesEncoder,
} from '../index.js';
import { describeRecord } from '../stream/describe-record.js';
import { allExtensionFeatures } from '../layer/extension.js';
import { concat, hex, image, type ImageOptions, raw, SEED, toHex } from '../streams.test-support.js';

const PAGE = 4096;
const end: ImageRecord = { type: 'END' };
const staticEnd: ImageRecord = { type: 'STATIC_DATA_END' };
const { kind } = extensionKinds.ZSTD_PAGES;

/** A frame that says it has that many octets, with whatever behind its head. */
function frameOf(content: number, rest: Uint8Array = Uint8Array.of(1, 2, 3)): Uint8Array {
  const head = new Uint8Array(9);
  const view = new DataView(head.buffer);
  view.setUint32(0, 0xfd2fb528, true);
  view.setUint8(4, 0xa4);
  view.setUint32(5, content, true);
  return concat([head, rest]);
}

const pages = (pfns: number[], frame = frameOf(pfns.length * PAGE), types = pfns.map(() => 0)): ImageRecord => ({
  type: 'ZSTD_PAGES',
  pfns: Float64Array.from(pfns),
  types: Uint8Array.from(types),
  frame,
}); // prettier-ignore

/** Decodes an image, to which its END is added. */
function decoded(records: readonly (ImageRecord | Uint8Array)[], options: ImageOptions = {}, offered = true) {
  const features = offered ? allExtensionFeatures : undefined;
  const decoder = new PushDecoder(new ImageDecoder({ features }));
  const events = [...decoder.push(image([...records, end], options))];
  decoder.end();
  return events;
}

function refusal(records: readonly (ImageRecord | Uint8Array)[], options: ImageOptions = {}, offered = true) {
  try {
    decoded(records, options, offered);
  } catch (error) {
    expect(error).toBeInstanceOf(StreamError);
    return error as StreamError;
  }
  throw new Error('it was accepted');
}

const withData = [0, 1, 2, 3, 4, 9, 10, 11, 12];
const anyPages = fc
  .array(fc.record({ pfn: fc.integer({ min: 0, max: 2 ** 52 - 1 }), type: fc.constantFrom(...withData) }), {
    minLength: 1,
    maxLength: MAX_FRAME_PAGES,
  })
  .chain((list) =>
    fc.uint8Array({ minLength: 1, maxLength: 300 }).map((rest) =>
      pages(
        list.map(({ pfn }) => pfn),
        frameOf(list.length * PAGE, rest),
        list.map(({ type }) => type),
      ),
    ),
  );

describe('ZSTD_PAGES', () => {
  it('has these octets', () => {
    const text =
      '0267696d 23000000 02000000 00000000 0500000000000000 0000000000010010 28b52ffda400200000 0102 0000000000';
    const record = pages([5, 2 ** 40], frameOf(2 * PAGE, Uint8Array.of(1, 2)), [0, 1]);
    expect(toHex(encodeImageRecord(record))).toBe(text.replace(/ /g, ''));
  });

  it('any value -> octets -> value, in either byte order', () => {
    const order = fc.constantFrom('little-endian' as const, 'big-endian' as const);
    fc.assert(
      fc.property(anyPages, order, (record, byteOrder) => {
        const decoder = new PushDecoder(
          new ImageDecoder({ features: allExtensionFeatures, strictness: 'verify', onDeviation: () => undefined }),
        ); // prettier-ignore
        const octets = image([staticEnd, record, end], { byteOrder });
        const events = [...decoder.push(octets)];
        expect(events[3]).toMatchObject({ kind: 'record', record });
        const encoder = new EventEncoder();
        expect(
          toHex(concat(events.map((event) => encoder.encode({ ...event, layer: 'libxc' } as never).slice()))),
        ).toBe(toHex(octets));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('its encoder writes what the codec does', () => {
    const encoder = new ZstdPagesEncoder();
    fc.assert(
      fc.property(anyPages, fc.nat(5), (record, first) => {
        if (record.type !== 'ZSTD_PAGES') throw new Error('another record');
        const { pfns, types, frame } = record;
        const before = new Array<number>(first).fill(7);
        const head = encoder.encode(
          Float64Array.from([...before, ...pfns]),
          Uint8Array.from([...before, ...types]),
          first,
          pfns.length,
          frame.length,
        );
        const rest = new Uint8Array(ZstdPagesEncoder.padded(pfns.length, frame.length));
        rest.set(frame);
        expect(toHex(concat([head, rest]))).toBe(toHex(encodeImageRecord(record)));
      }),
      { seed: SEED, numRuns: 200 },
    );
    const [pfns, types] = [new Float64Array(300), new Uint8Array(300)];
    for (const [first, count, length] of [[0, 0, 1], [0, 257, 1], [299, 2, 1], [0, 1, 0], [0, 1, PAGE]] as const) {
      expect(() => encoder.encode(pfns, types, first, count, length)).toThrow(RangeError);
    } // prettier-ignore
  });

  it('is an unknown mandatory record to whoever has not offered it', () => {
    expect(refusal([staticEnd, pages([1])], {}, false)).toMatchObject({
      code: 'unknown-mandatory-record',
      record: { index: 1, type: kind.number },
    });
    expect(kind.number).toBeLessThan(0x80000000);
    expect(Object.values(imageKinds).map(({ number }) => number)).not.toContain(kind.number);
  });

  const body = (text: string, frame: Uint8Array = new Uint8Array()) =>
    raw(kind.number, concat([hex(text), frame]));
  const one = '01000000 00000000 0100000000000000';
  it.each([
    ['no page', body('00000000 00000000', frameOf(0)), 'bad-count', 'count'],
    ['a pfn that is missing', body('02000000 00000000 0100000000000000'), 'bad-count', 'count'],
    ['too many pages', pages(new Array<number>(257).fill(1)), 'bad-count', 'count'],
    ['no room for what is reserved', body('01000000'), 'bad-length', 'reserved'],
    ['no frame', body(one), 'bad-value', 'frame'],
    ['a frame that ends in its head', body(one, frameOf(PAGE).subarray(0, 8)), 'bad-value', 'frame'],
    ['something else for a frame', body(one, new Uint8Array(64).fill(7)), 'bad-value', 'frame'],
    ['a frame of fewer bytes', pages([1], frameOf(PAGE - 1)), 'bad-length', 'frame'],
    ['a frame of more bytes', pages([1], frameOf(2 * PAGE)), 'bad-length', 'frame'],
    ['a frame of 4 GiB', pages([1], frameOf(0xffffffff)), 'bad-length', 'frame'],
    ['a frame that is as long as its pages', pages([1], frameOf(PAGE, new Uint8Array(PAGE - 9))), 'bad-length', 'frame'],
    ['a hole', pages([1, 2], undefined, [0, PageType.XTAB]), 'bad-page-type', 'pfns[1]'],
    ['a page without octets', pages([1], undefined, [PageType.XALLOC]), 'bad-page-type', 'pfns[0]'],
    ['an unknown type', pages([1], undefined, [5]), 'bad-page-type', 'pfns[0]'],
    ['reserved bits', body('01000000 00000000 0100000000001000', frameOf(PAGE)), 'bad-value', 'pfns[0]'],
  ])('with %s is refused', (_, record, code, field) => {
    const error = refusal([staticEnd, record]);
    expect(error).toMatchObject({ code, record: { name: 'ZSTD_PAGES' } });
    expect(error.field).toBe(field);
    expect(error.specification).toMatch(/ZSTD_PAGES/);
  }); // prettier-ignore

  it('of more than its limit is refused by its header', () => {
    const decoder = new ImageDecoder({ features: allExtensionFeatures });
    const start = image([staticEnd]);
    for (const part of [start.subarray(0, 24), start.subarray(24, 40), start.subarray(40)])
      decoder.give(part);
    const header = raw(kind.number, new Uint8Array(kind.body.maximum + 8)).subarray(0, 8);
    expect(() => decoder.give(header)).toThrow(expect.objectContaining({ code: 'record-too-long' }));
  });

  it.each<[string, ImageRecord[], ImageOptions, string | undefined]>([
    ['before STATIC_DATA_END', [pages([1])], {}, 'out-of-order'],
    ['in an image of version 2, which has none', [pages([1])], { version: 2 }, undefined],
    ['after VERIFY', [staticEnd, { type: 'VERIFY' }, pages([1])], {}, 'out-of-order'],
    ['between pages', [staticEnd, pages([1]), pages([1])], {}, undefined],
    [
      'in an image of a PV domain',
      [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 }, staticEnd, pages([1])],
      { guest: 'x86-pv' },
      'unknown-mandatory-record',
    ],
  ])('%s is judged by its place', (_, records, options, code) => {
    if (code === undefined) decoded(records, options);
    else expect(refusal(records, options)).toMatchObject({ code });
  });

  it('is described by its pages and its frame', () => {
    expect(describeRecord(pages([3, 9]))).toEqual({
      count: 2,
      present: 2,
      first: 3,
      last: 9,
      types: { NOTAB: 2 },
      frame: { octets: 12 },
    });
  });
});

describe('the head of a frame', () => {
  const magic = '28b52ffd';
  it.each([
    ['one octet', `${magic} 20 ff`, 255],
    ['two octets, which count from 256', `${magic} 60 0100`, 257],
    ['two octets behind a window', `${magic} 40 58 0000`, 256],
    ['four octets', `${magic} a4 00100000`, PAGE],
    ['eight octets', `${magic} e0 0000000001000000`, 2 ** 32],
    ['none', `${magic} 00 58`, undefined],
    ['too few octets', `${magic} a4 001000`, undefined],
    ['a dictionary', `${magic} a5 01 00100000`, undefined],
    ['a reserved bit', `${magic} a8 00100000`, undefined],
    ['nothing but the magic', magic, undefined],
    ['the magic of a skippable frame', '502a4d18 04000000', undefined],
  ])('tells the content by %s', (_, text, content) => {
    expect(contentOfFrame(hex(text))).toBe(content);
  });
});
