import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { decode, ImageDecoder, LibxlDecoder, pull, StreamDecoder, XlHeaderDecoder } from '../index.js';
import { decodeAll, fixture, image, pageData } from '../streams.test-support.js';

/** Reads octets in memory one after another, and tells how far. */
function reader(octets: Uint8Array) {
  const source = {
    at: 0,
    read: (count: number) => {
      const taken = octets.subarray(source.at, source.at + count);
      source.at += taken.length;
      return taken;
    },
  };
  return source;
}

it('pull reads what is wanted and not an octet more', () => {
  const octets = fixture('pvh-save.bin');
  const source = reader(octets);
  const [header] = pull(new XlHeaderDecoder(), source.read);
  expect([header?.kind, source.at]).toEqual(['xl-header', 882]);
  const decoder = new ImageDecoder();
  let pages = 0;
  source.at = 906;
  for (const event of pull(decoder, source.read)) {
    if (event.kind === 'pages') pages += event.present;
    source.read(decoder.pageOctets);
    decoder.pagesTaken(decoder.pageOctets);
  }
  const { events } = decodeAll(octets);
  expect(pages).toBe(events.reduce((sum, event) => sum + (event.kind === 'pages' ? event.present : 0), 0));
  expect(source.at).toBe(octets.length - 8);
});

it('pull says where a source ends too early, or too late for its permission', () => {
  const octets = fixture('pvh-live.bin');
  const walk = (length: number) => {
    const decoder = new StreamDecoder();
    const source = reader(octets.subarray(0, length));
    for (const event of pull(decoder, source.read))
      if (event.kind === 'pages') decoder.pagesTaken(source.read(decoder.pageOctets).length);
    return decoder.offset;
  };
  expect(walk(octets.length)).toBe(octets.length);
  expect(walk(octets.length - 44)).toBe(octets.length - 44);
  expect(() => walk(octets.length - 1)).toThrow(expect.objectContaining({ code: 'octets-after-end' }));
  expect(() => walk(octets.length - 45)).toThrow(
    expect.objectContaining({ code: 'truncated', layer: 'libxl' }),
  );
});

it('pull does not go on where pages, or an image, were not taken', () => {
  const octets = image([{ type: 'STATIC_DATA_END' }, pageData([1], [0])]);
  expect(() => Array.from(pull(new ImageDecoder(), reader(octets).read))).toThrow(RangeError);
  const stream = fixture('pvh-save.bin').subarray(882);
  expect(() => Array.from(pull(new LibxlDecoder(), reader(stream).read))).toThrow(RangeError);
});

it('decode drives any decoder over chunks, of a source that is asynchronous or not', async () => {
  const octets = image([{ type: 'STATIC_DATA_END' }, pageData([1], [0]), { type: 'END' }]);
  const chunks = [octets.subarray(0, 30), octets.subarray(30, 100), octets.subarray(100)];
  const kindsOf = async (source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    const kinds: string[] = [];
    for await (const { kind } of decode(new ImageDecoder(), source)) kinds.push(kind);
    return kinds;
  };
  const all = ['image-header', 'domain-header', 'record', 'pages', 'page-octets', 'page-octets', 'record'];
  expect(await kindsOf(chunks)).toEqual(all);
  expect(await kindsOf(Readable.from(chunks))).toEqual(all);
  await expect(kindsOf(chunks.slice(0, 2))).rejects.toMatchObject({ code: 'truncated', layer: 'libxc' });
});

it.each(['pvh-save.bin', 'pvh-live.bin'])('pull may be given one Buffer again and again: %s', (name) => {
  const octets = fixture(name);
  const decodedWith = (read: (count: number) => Uint8Array) => {
    const decoder = new StreamDecoder();
    const said: string[] = [];
    for (const event of pull(decoder, read)) {
      said.push(`${event.kind} ${event.offset}`);
      while (decoder.pageOctets > 0) decoder.pagesTaken(read(Math.min(decoder.pageOctets, 4096)).length);
    }
    return said;
  };
  const buffer = Buffer.alloc(1 << 20);
  const source = reader(octets);
  const readAgain = (count: number) => {
    const taken = source.read(count);
    buffer.fill(0xee).set(taken);
    return buffer.subarray(0, taken.length);
  };
  expect(decodedWith(readAgain)).toEqual(decodedWith(reader(octets).read));
});
