import { describe, expect, it } from 'vitest';
import {
  decodeStream,
  detectStart,
  ImageDecoder,
  LibxlDecoder,
  PushDecoder,
  START_LENGTH,
  StreamDecoder,
  StreamError,
  type StreamStart,
} from '../index.js';
import {
  decodeAll,
  decodeUnfinished,
  encodeEvent,
  fixture,
  hex,
  image,
  pageData,
  raw,
} from '../streams.test-support.js';

describe('PushDecoder', () => {
  it('says that an image is for another decoder, where its own leaves it out', () => {
    const stream = fixture('pvh-save.bin').subarray(882);
    expect(() => [...new PushDecoder(new LibxlDecoder()).push(stream)]).toThrow(RangeError);
  });

  it('gives lists of pfns that stay, though several batches come in one chunk', () => {
    const octets = image([
      { type: 'STATIC_DATA_END' },
      pageData([1, 2], [0, 15]),
      pageData([3, 4], [15, 15]),
    ]);
    const { events } = decodeUnfinished(octets);
    const batches = events.flatMap((event) => (event.kind === 'pages' ? [[...event.pfns]] : []));
    expect(batches).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('gives pages as views on the chunk', () => {
    const octets = image([{ type: 'STATIC_DATA_END' }, pageData([1, 2], [0, 0])]);
    const { events } = decodeUnfinished(octets);
    const last = events.at(-1);
    if (last?.kind !== 'page-octets') throw new Error('no pages');
    expect([last.octets.buffer === octets.buffer, last.octets.length]).toEqual([true, 8192]);
  });

  it('grows by what arrives, not by what is announced', () => {
    const decoder = new PushDecoder(new StreamDecoder({ start: 'libxc' }));
    const push = (octets: Uint8Array) => [...decoder.push(octets)];
    push(image([{ type: 'STATIC_DATA_END' }]));
    const before = process.memoryUsage().arrayBuffers;
    push(hex('09000000 00000008'));
    for (let i = 0; i < 1000; i++) push(new Uint8Array(10));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 2 ** 20);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  it('gives all events before a fault of the same chunk', () => {
    const octets = image([{ type: 'STATIC_DATA_END' }, pageData([1, 2], [0, 15]), raw(0x7fff, hex(''))]);
    const decoder = new PushDecoder(new StreamDecoder());
    const kinds: string[] = [];
    const push = () => {
      for (const { kind } of decoder.push(octets)) kinds.push(kind);
    };
    expect(push).toThrow(expect.objectContaining({ code: 'unknown-mandatory-record' }));
    expect(kinds).toEqual(['image-header', 'domain-header', 'record', 'pages', 'page-octets']);
  });

  it('does not pass over a chunk whose events were not asked for', () => {
    const decoder = new PushDecoder(new StreamDecoder());
    const events = decoder.push(image([{ type: 'STATIC_DATA_END' }]));
    expect(() => decoder.push(hex('00'))).toThrow(RangeError);
    expect(() => decoder.end()).toThrow(RangeError);
    expect(Array.from(events, ({ kind }) => kind)).toEqual(['image-header', 'domain-header', 'record']);
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
  });

  it('pushes into any decoder, whose end is its own', () => {
    const [octets] = [fixture('pvh-save.bin').subarray(906, -8)];
    const decoder = new PushDecoder(new ImageDecoder());
    expect(Array.from(decoder.push(octets)).at(-1)).toMatchObject({
      kind: 'record',
      record: { type: 'END' },
    });
    expect(() => Array.from(decoder.push(hex('00')))).toThrow(
      expect.objectContaining({ code: 'octets-after-end', layer: 'libxc', offset: octets.length }),
    );
  });

  it('an empty stream is truncated', () => {
    for (const start of [undefined, 'xl', 'libxl', 'libxc'] as const) {
      expect(() => new PushDecoder(new StreamDecoder({ start })).end()).toThrow(
        expect.objectContaining({ code: 'truncated' }),
      );
    }
  });
});

describe('StreamDecoder', () => {
  it('starts at any layer', () => {
    const octets = fixture('pvh-save.bin');
    const libxl = decodeAll(octets.subarray(882), { start: 'libxl', offset: 882 });
    const libxc = decodeAll(octets.subarray(906, octets.length - 8), { start: 'libxc', offset: 906 });
    const whole = decodeAll(octets);
    expect(libxl.events).toEqual(whole.events.slice(1));
    expect(libxc.events).toEqual(whole.events.slice(3, -1));
  });

  it('detects the header that it starts with, and refuses what is another than the one asked for', () => {
    const saved = fixture('pvh-save.bin');
    const virsh = fixture('xen-4.20/virsh-save.head.bin');
    const starts = { xl: saved, libvirt: virsh, libxl: saved.subarray(882), libxc: saved.subarray(906, -8) };
    for (const [start, octets] of Object.entries(starts)) {
      expect(detectStart(octets)).toBe(start);
      expect(detectStart(octets.subarray(0, START_LENGTH - 1))).toBeUndefined();
      const [first] = new PushDecoder(new StreamDecoder()).push(octets);
      expect(first?.layer).toBe(start);
      for (const other of Object.keys(starts) as StreamStart[]) {
        if (other === start) continue;
        const refused = () => [...new PushDecoder(new StreamDecoder({ start: other })).push(octets)];
        expect(refused).toThrow(expect.objectContaining({ code: 'bad-magic', layer: other, offset: 0 }));
      }
    }
  });

  it('refuses what begins with no magic by its first octets', () => {
    const decoder = new StreamDecoder({ offset: 7 });
    expect(decoder.wants).toBe(START_LENGTH);
    const refused = () => decoder.give(new Uint8Array(START_LENGTH));
    expect(refused).toThrow(expect.objectContaining({ code: 'bad-magic', layer: 'xl', offset: 7 }));
  });

  it('is not to verify without anybody to report to, before it knows where it starts', () => {
    expect(() => new StreamDecoder({ strictness: 'verify' })).toThrow(TypeError);
  });

  it('takes permission to go after the end, unless that is to be refused', () => {
    const octets = fixture('pvh-live.bin');
    expect(decodeAll(octets).events.at(-1)?.kind).toBe('permission');
    const refused = expect.objectContaining({
      code: 'octets-after-end',
      offset: octets.length - 44,
    }) as unknown;
    expect(() => decodeAll(octets, { permission: false })).toThrow(refused);
  });

  it('counts offsets over all layers', () => {
    const octets = fixture('pv-save.bin');
    for (const event of decodeAll(octets).events) {
      if (event.kind !== 'record') continue;
      const record = encodeEvent(event);
      expect(Buffer.compare(octets.subarray(event.offset, event.offset + record.length), record)).toBe(0);
    }
  });

  it('has no pages to take before there are any', () => {
    expect(() => new StreamDecoder().pagesTaken(1)).toThrow(RangeError);
  });
});

describe('decodeStream', () => {
  async function* chunks(octets: Uint8Array) {
    for (let at = 0; at < octets.length; at += 1000)
      yield await Promise.resolve(octets.subarray(at, at + 1000));
  }

  it('iterates over the events', async () => {
    const kinds = new Set<string>();
    for await (const event of decodeStream(chunks(fixture('pvh-live.bin')))) kinds.add(event.kind);
    expect([...kinds].sort()).toEqual([
      ...[
        'domain-header',
        'image-header',
        'libxl-header',
        'page-octets',
        'pages',
        'permission',
        'record',
        'xl-header',
      ],
    ]);
  });

  it('throws where the source ends too early', async () => {
    const read = async () => {
      let last: unknown;
      const cut = fixture('pvh-save.bin').subarray(0, 5000);
      for await (const event of decodeStream(chunks(cut))) last = event;
      return last;
    };
    await expect(read()).rejects.toBeInstanceOf(StreamError);
  });
});
