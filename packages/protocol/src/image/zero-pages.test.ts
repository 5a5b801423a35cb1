import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeImageRecord,
  encodeXlHeader,
  EventEncoder,
  extensionKinds,
  type ImageRecord,
  ImageDecoder,
  imageKinds,
  MAX_RUNS,
  PushDecoder,
  StreamDecoder,
  StreamError,
  xlHeader,
  XlOptionalFlag,
  ZeroPagesEncoder,
} from '../index.js';
import { allExtensionFeatures } from '../layer/extension.js';
import {
  concat,
  fixture,
  hex,
  image,
  type ImageOptions,
  pageData,
  raw,
  SEED,
  toHex,
} from '../streams.test-support.js';

const end: ImageRecord = { type: 'END' };
const staticEnd: ImageRecord = { type: 'STATIC_DATA_END' };
const runs = (pfns: number[], pages: number[]): ImageRecord => ({
  type: 'ZERO_PAGES',
  pfns: Float64Array.from(pfns),
  pages: Uint16Array.from(pages),
});
const { kind } = extensionKinds.ZERO_PAGES;

/** Decodes an image, to which its END is added; the extension's records may come unless told otherwise. */
function decoded(records: readonly (ImageRecord | Uint8Array)[], options: ImageOptions = {}, offered = true) {
  const features = offered ? allExtensionFeatures : undefined;
  const decoder = new PushDecoder(new ImageDecoder({ features }));
  const octets = image([...records, end], options);
  const events = [...decoder.push(octets)];
  decoder.end();
  return { events, octets };
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

/** Runs that ascend, at least one apart. */
const ascending = fc
  .array(fc.record({ gap: fc.integer({ min: 1, max: 2 ** 40 }), pages: fc.integer({ min: 1, max: 4096 }) }), {
    minLength: 1,
    maxLength: 50,
  })
  .map((list) => {
    let next = 0;
    const pfns = list.map(({ gap, pages }) => {
      const first = next + gap;
      next = first + pages;
      return first;
    });
    return runs(
      pfns,
      list.map(({ pages }) => pages),
    );
  });

describe('ZERO_PAGES', () => {
  it('has these octets', () => {
    const text = '0167696d 18000000 02000000 00000000 0500000000000000 000100000000f0ff'.replace(/ /g, '');
    expect(toHex(encodeImageRecord(runs([5, 256], [1, 4096])))).toBe(text);
  });

  it('any value -> octets -> value, in either byte order', () => {
    const order = fc.constantFrom('little-endian' as const, 'big-endian' as const);
    fc.assert(
      fc.property(ascending, order, (record, byteOrder) => {
        const onDeviation = () => undefined;
        const decoder = new PushDecoder(
          new ImageDecoder({ features: allExtensionFeatures, strictness: 'verify', onDeviation }),
        );
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

  it('its encoder makes the fewest runs of ascending pfns, and loses none', () => {
    const encoder = new ZeroPagesEncoder();
    const pfns = fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: MAX_RUNS });
    fc.assert(
      fc.property(pfns, (list) => {
        const sorted = Float64Array.from(list).sort();
        const octets = encoder.encode(sorted, sorted.length);
        const event = decoded([staticEnd, octets.slice()]).events[3];
        if (event?.kind !== 'record' || event.record.type !== 'ZERO_PAGES') throw new Error('no ZERO_PAGES');
        const { pfns, pages } = event.record;
        expect([...pfns].flatMap((pfn, i) => Array.from({ length: pages[i]! }, (_, k) => pfn + k))).toEqual([
          ...sorted,
        ]);
        const breaks = sorted.filter((pfn, i) => i > 0 && pfn !== sorted[i - 1]! + 1).length;
        expect(pfns.length).toBe(breaks + 1);
      }),
      { seed: SEED, numRuns: 200 },
    );
    expect(() => encoder.encode(new Float64Array(MAX_RUNS + 1), MAX_RUNS + 1)).toThrow(RangeError);
    expect(() => encoder.encode(new Float64Array(1), 0)).toThrow(RangeError);
  });

  it('is an unknown mandatory record to whoever has not offered it', () => {
    expect(refusal([staticEnd, runs([1], [1])], {}, false)).toMatchObject({
      code: 'unknown-mandatory-record',
      record: { index: 1, type: kind.number },
    });
    expect(kind.number).toBeLessThan(0x80000000);
    expect(Object.values(imageKinds).map(({ number }) => number)).not.toContain(kind.number);
  });

  const body = (text: string) => raw(kind.number, hex(text));
  it.each([
    ['no run', body('00000000 00000000'), 'bad-count', 'count'],
    ['a run that is missing', body('02000000 00000000 0100000000000000'), 'bad-count', 'count'],
    ['more than its runs', body('01000000 00000000 0100000000000000 00'), 'bad-length', undefined],
    ['no room for what is reserved', body('01000000'), 'bad-length', 'reserved'],
    ['a run twice', body('02000000 00000000 0100000000000000 0100000000000000'), 'bad-value', 'runs[1]'],
    [
      'runs that overlap',
      body('02000000 00000000 0100000000001000 0200000000000000'),
      'bad-value',
      'runs[1]',
    ],
    ['a pfn beyond the last', body('01000000 00000000 ffffffffffff1f00'), 'bad-value', 'runs'],
  ])('with %s is refused', (_, record, code, field) => {
    const error = refusal([staticEnd, record]);
    expect(error).toMatchObject({ code, record: { name: 'ZERO_PAGES' } });
    expect(error.field).toBe(field);
    expect(error.specification).toMatch(/ZERO_PAGES/);
  });

  it('of more than its limit is refused by its header', () => {
    const decoder = new ImageDecoder({ features: allExtensionFeatures });
    const start = image([staticEnd]);
    for (const part of [start.subarray(0, 24), start.subarray(24, 40), start.subarray(40)])
      decoder.give(part);
    const header = raw(kind.number, new Uint8Array(kind.body.maximum + 8)).subarray(0, 8);
    expect(() => decoder.give(header)).toThrow(expect.objectContaining({ code: 'record-too-long' }));
  });

  it.each<[string, ImageRecord[], ImageOptions, string | undefined]>([
    ['before STATIC_DATA_END', [runs([1], [1])], {}, 'out-of-order'],
    ['in an image of version 2, which has none', [runs([1], [1])], { version: 2 }, undefined],
    ['after VERIFY', [staticEnd, { type: 'VERIFY' }, runs([1], [1])], {}, 'out-of-order'],
    ['between pages', [staticEnd, pageData([1], [0]), runs([1], [1]), pageData([1], [0])], {}, undefined],
  ])('%s is judged by its place', (_, records, options, code) => {
    if (code === undefined) decoded(records, options);
    else expect(refusal(records, options)).toMatchObject({ code });
  });

  it('in an image of a PV domain is unknown', () => {
    const info: ImageRecord = { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 };
    expect(refusal([info, staticEnd, runs([1], [1])], { guest: 'x86-pv' })).toMatchObject({
      code: 'unknown-mandatory-record',
    });
  });
});

describe('a whole stream', () => {
  const stock = fixture('pvh-save.bin');
  const length = encodeXlHeader(xlHeader('')).length;
  /** The stream with a ZERO_PAGES behind its STATIC_DATA_END, under a header with these optional flags. */
  function withZeroPages(flags: number): Uint8Array {
    const decoder = new PushDecoder(new StreamDecoder());
    let at = 0;
    for (const event of decoder.push(stock)) if (event.kind === 'pages' && at === 0) at = event.offset;
    expect(at).toBeGreaterThan(length);
    const octets = concat([stock.subarray(0, at), encodeImageRecord(runs([1], [2])), stock.subarray(at)]);
    new DataView(octets.buffer).setUint32(40, flags, true);
    return octets;
  }
  const all = (octets: Uint8Array) => {
    const decoder = new PushDecoder(new StreamDecoder());
    const events = [...decoder.push(octets)];
    decoder.end();
    return events;
  };

  it('may have the records of the extension if its header says that the source is mig, and comes back to its octets', () => {
    const octets = withZeroPages(XlOptionalFlag.EXTENSION);
    const events = all(octets);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'record', record: runs([1], [2]) }));
    const encoder = new EventEncoder();
    expect(Buffer.compare(concat(events.map((event) => encoder.encode(event).slice())), octets)).toBe(0);
  });

  it('without the flag may not', () => {
    expect(() => all(withZeroPages(0))).toThrow(
      expect.objectContaining({ code: 'unknown-mandatory-record' }),
    );
  });
});
