/** Tests of the limits, exact to the octet; and that announced lengths alone allocate nothing. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  ImageDecoder,
  imageKinds,
  LibxlDecoder,
  libxlKinds,
  MAX_OPTIONAL_DATA,
  MAX_RECORD_BODY,
  PushDecoder,
  StreamDecoder,
  XlHeaderDecoder,
  xlHeader,
  type Strictness,
} from '../index.js';
import { paddedLength } from '../layer/framing.js';
import { concat, fixture, hex, image, imageHeaders, raw } from '../streams.test-support.js';
import { walk, withNumber } from '../walk.test-support.js';

const MAX = 2 ** 32 - 1;

function header(type: number, length: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setUint32(0, type, true);
  new DataView(octets.buffer).setUint32(4, length, true);
  return octets;
}

const quiet = () => undefined;

/** Makes a decoder that has had the headers, and the static data too if `content`. */
function imageDecoder(guest: 'x86-pv' | 'x86-hvm', content: boolean, strictness: Strictness = 'receive') {
  const decoder = new ImageDecoder({ strictness, onDeviation: quiet });
  const headers = imageHeaders({ guest });
  decoder.give(headers.subarray(0, 24));
  decoder.give(headers.subarray(24));
  // X86_PV_INFO comes once, and nothing precedes it.
  if (guest === 'x86-pv' && content) {
    decoder.give(header(2, 8));
    decoder.give(hex('0804000000000000'));
  }
  if (content) decoder.give(header(16, 0));
  return decoder;
}

function libxlDecoder(afterImage: boolean, strictness: Strictness = 'receive') {
  const decoder = new LibxlDecoder({ strictness, onDeviation: quiet });
  decoder.give(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
  if (afterImage) {
    decoder.give(encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }));
    decoder.imageTaken(1000);
  }
  return decoder;
}

describe('a body of exactly its limit is wanted, and of one octet more refused', () => {
  const kinds = Object.values(imageKinds).filter(
    ({ guests, phases }) => guests.length > 0 && Object.values(phases).includes('right'),
  );

  it.each(kinds)('$name', ({ number, name, guests, phases, body }) => {
    if (name === 'CHECKPOINT') return;
    const content = phases['static-data'] !== 'right';
    const most = body.maximum;
    const decoder = imageDecoder(guests.includes('x86-hvm') ? 'x86-hvm' : 'x86-pv', content);
    decoder.give(header(number, most));
    expect(decoder.wants).toBe(name === 'PAGE_DATA' ? 8 : paddedLength(most));
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
    for (const length of [most + 1, 2 ** 31, MAX]) {
      const other = imageDecoder(guests.includes('x86-hvm') ? 'x86-hvm' : 'x86-pv', content);
      expect(() => other.give(header(number, length))).toThrow(
        expect.objectContaining({ code: 'record-too-long', offset: other.offset }),
      );
      expect(other.wants).toBe(0);
    }
  });

  it.each(Object.values(libxlKinds))('libxl $name', ({ number, phases, body }) => {
    const afterImage = phases['before-image'] !== 'right';
    if (phases['after-image'] === 'refused' && afterImage) return;
    const decoder = libxlDecoder(afterImage);
    decoder.give(header(number, body.maximum));
    expect(decoder.wants).toBe(body.maximum);
    for (const length of [body.maximum + 1, 2 ** 31, MAX]) {
      const other = libxlDecoder(afterImage);
      expect(() => other.give(header(number, length))).toThrow(
        expect.objectContaining({ code: 'record-too-long' }),
      );
    }
  });

  it('an optional record', () => {
    for (const make of [() => imageDecoder('x86-hvm', true), () => libxlDecoder(false)]) {
      const decoder = make();
      decoder.give(header(2 ** 31, MAX_RECORD_BODY));
      expect(decoder.wants).toBe(MAX_RECORD_BODY);
      expect(() => make().give(header(2 ** 31, MAX_RECORD_BODY + 1))).toThrow(
        expect.objectContaining({ code: 'record-too-long' }),
      );
    }
  });

  it('a body of 128 MiB is passed over when verifying, whatever is wrong with its header', () => {
    for (const type of [0x13, 17, 10, 11]) {
      const decoder = imageDecoder('x86-hvm', true, 'verify');
      decoder.give(header(type, MAX_RECORD_BODY));
      expect(decoder.wants).toBe(MAX_RECORD_BODY);
    }
  });

  it('the optional data of the xl header', () => {
    const octets = encodeXlHeader(xlHeader('{}')).subarray(0, 48);
    const decoder = new XlHeaderDecoder();
    decoder.give(withNumber(octets, 44, MAX_OPTIONAL_DATA));
    expect(decoder.wants).toBe(MAX_OPTIONAL_DATA);
    for (const length of [MAX_OPTIONAL_DATA + 1, 2 ** 31, MAX]) {
      expect(() => new XlHeaderDecoder().give(withNumber(octets, 44, length))).toThrow(
        expect.objectContaining({ code: 'record-too-long' }),
      );
    }
  });
});

describe('PAGE_DATA, count against length', () => {
  const fits = MAX_RECORD_BODY / 8 - 1;
  it.each([
    [16, 1, 8],
    [16, 2, 0],
    [8, 0, 0],
    [8, 1, 0],
    [15, 1, 0],
    [MAX_RECORD_BODY, fits, fits * 8],
    [MAX_RECORD_BODY, fits + 1, 0],
    [MAX_RECORD_BODY, 2 ** 29, 0],
    [MAX_RECORD_BODY, 2 ** 29 + 1, 0],
    [MAX_RECORD_BODY, 2 ** 31, 0],
    [MAX_RECORD_BODY, MAX, 0],
    [16, 2 ** 29 + 1, 0],
  ])('a body of %i with count %i: wants %i', (length, count, wanted) => {
    for (const strictness of ['receive', 'verify'] as const) {
      const decoder = imageDecoder('x86-hvm', true, strictness);
      decoder.give(header(1, length));
      const give = () => decoder.give(header(count, 0));
      if (wanted > 0) {
        give();
        expect(decoder.wants).toBe(wanted);
      } else if (strictness === 'receive') {
        expect(give).toThrow(expect.objectContaining({ code: 'bad-count' }));
      } else {
        give();
        // What is left of the record, to be skipped; or the next record.
        expect(decoder.wants).toBe(length > 8 ? paddedLength(length) - 8 : 8);
      }
    }
  });
});

describe('pfns out of range', () => {
  const word = (top: string) => hex(`0100000000000000 00000000${top}`);
  it('52 bits fit, and what is above is type and reserved', () => {
    const decoder = new PushDecoder(new StreamDecoder({ start: 'libxc' }));
    const events = [...decoder.push(image([{ type: 'STATIC_DATA_END' }, raw(1, word('ffffffff'))]))];
    const event = events.find(({ kind }) => kind === 'pages');
    expect(event).toMatchObject({ types: Uint8Array.of(15), reservedBits: Uint8Array.of(0xff) });
    expect(event).toMatchObject({ pfns: Float64Array.of(0xfffff * 2 ** 32) });
  });

  it.each(['00001000', '00000080', 'ffffffff'])('a p2m page with the upper half %s is refused', (top) => {
    const body = concat([hex('00000000 ff010000'), hex(`00000000${top}`)]);
    const octets = image(
      [{ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 }, { type: 'STATIC_DATA_END' }, raw(3, body)],
      { guest: 'x86-pv' },
    );
    expect(() => [...new PushDecoder(new StreamDecoder({ start: 'libxc' })).push(octets)]).toThrow(
      expect.objectContaining({ code: 'bad-value', field: 'pfns[0]' }),
    );
  });
});

describe('nothing is allocated for what is announced', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** Returns the most octets of any typed array created while `action` ran. */
  function largestAllocation(action: () => void): number {
    let largest = 0;
    for (const name of ['ArrayBuffer', 'Uint8Array', 'Uint32Array', 'Float64Array'] as const) {
      const original = globalThis[name];
      const size = 'BYTES_PER_ELEMENT' in original ? original.BYTES_PER_ELEMENT : 1;
      const proxy = new Proxy(original, {
        construct(target, parameters: unknown[], self) {
          if (typeof parameters[0] === 'number') largest = Math.max(largest, parameters[0] * size);
          return Reflect.construct(target, parameters, self) as object;
        },
      });
      vi.stubGlobal(name, proxy);
    }
    try {
      action();
    } finally {
      vi.unstubAllGlobals();
    }
    return largest;
  }

  it('it is seen when something is', () => {
    expect(largestAllocation(() => new Uint8Array(2 ** 20))).toBe(2 ** 20);
    expect(largestAllocation(() => new Float64Array(1000))).toBe(8000);
  });

  const announced: [string, Uint8Array][] = [
    ['a body', image([{ type: 'STATIC_DATA_END' }, header(9, MAX_RECORD_BODY), new Uint8Array(64)])],
    ['an optional body', image([header(2 ** 31, MAX_RECORD_BODY), new Uint8Array(64)])],
    ['an unknown body', image([header(0x13, MAX_RECORD_BODY), new Uint8Array(64)])],
    [
      'a count',
      image([{ type: 'STATIC_DATA_END' }, header(1, MAX_RECORD_BODY), header(MAX_RECORD_BODY / 8 - 1, 0)]),
    ],
    [
      'a count beyond the body',
      image([{ type: 'STATIC_DATA_END' }, header(1, MAX_RECORD_BODY), header(MAX, 0), new Uint8Array(64)]),
    ],
    ['a count of parameters', image([{ type: 'STATIC_DATA_END' }, raw(10, header(MAX, 0))])],
    [
      'a range of the p2m',
      image(
        [
          { type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 },
          { type: 'STATIC_DATA_END' },
          raw(3, header(0, MAX)),
        ],
        { guest: 'x86-pv' },
      ),
    ],
  ];
  it.each(announced)('%s', (_, octets) => {
    for (const strictness of ['receive', 'verify'] as const) {
      for (const chunk of [1, octets.length]) {
        const largest = largestAllocation(() => {
          const decoder = new PushDecoder(
            new StreamDecoder({ start: 'libxc', strictness, onDeviation: quiet }),
          );
          try {
            for (let at = 0; at < octets.length; at += chunk)
              Array.from(decoder.push(octets.subarray(at, at + chunk)));
            decoder.end();
          } catch (error) {
            expect(error).toMatchObject({ name: 'StreamError' });
          }
        });
        expect(largest).toBeLessThanOrEqual(4096);
      }
    }
  });

  it('optional data', () => {
    const octets = withNumber(fixture('pvh-save.bin').subarray(0, 800), 44, MAX_OPTIONAL_DATA);
    const largest = largestAllocation(() => {
      const decoder = new PushDecoder(new StreamDecoder());
      for (let at = 0; at < octets.length; at += 100) Array.from(decoder.push(octets.subarray(at, at + 100)));
      expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
    });
    expect(largest).toBeLessThanOrEqual(4096);
  });
});

// 1 MiB of empty keys: reports for each key would be half a million.
it('a body full of keys that are wrong is reported once', () => {
  const octets = fixture('pvh-save.bin');
  const keys = raw(2, new Uint8Array(2 ** 20));
  const stream = concat([octets.subarray(0, -8), keys, octets.subarray(-8)]);
  const { deviations, error } = walk(stream, { strictness: 'verify' });
  expect(error).toBeUndefined();
  const wrong = deviations.filter(({ severity }) => severity === 'wrong');
  expect(wrong.map(({ code, message }) => `${code}: ${message}`)).toEqual([
    'bad-value: key "" is not relative, nor are 524283 others',
  ]);
});

it('a key of 1 MiB is not repeated in full', () => {
  const key = new Uint8Array(2 ** 20 - 100).fill(0x2f);
  const record = raw(2, concat([new Uint8Array(8), key, new Uint8Array(2)]));
  const octets = fixture('pvh-save.bin');
  const { error } = walk(concat([octets.subarray(0, -8), record, octets.subarray(-8)]));
  expect(error).toMatchObject({ code: 'bad-value', field: 'key' });
  expect(error!.message.length).toBeLessThan(300);
});
