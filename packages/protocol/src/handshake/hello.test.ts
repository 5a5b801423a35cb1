import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventEncoder, PushDecoder, StreamError, TargetDecoder } from '../index.js';
import { extensionFeatures, featureBits } from '../layer/extension.js';
import { concat, hex, SEED, toHex } from '../streams.test-support.js';
import { encodeHello, type Hello, HELLO_BODY, HelloDecoder, helloFeatures, helloOf } from './hello.js';
import { BANNER, PERMISSION_TO_GO, READY, REPORT } from './messages.js';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const rest = fc.uint8Array({ minLength: 4, maxLength: HELLO_BODY.most - 4 });
const hello: fc.Arbitrary<Hello> = fc.record({ version: u32, features: u32, rest });

/** Decodes octets in chunks, as the messages of a target that may say hello. */
function heard(octets: Uint8Array, size = octets.length) {
  const pushing = new PushDecoder(new TargetDecoder({ hello: true }));
  const events = [];
  try {
    for (let at = 0; at < octets.length; at += size)
      events.push(...pushing.push(octets.slice(at, at + size)));
    pushing.end();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { events, error };
  }
  return { events, error: undefined };
}

const success = concat([REPORT, Uint8Array.of(0)]);
const offer = encodeHello(helloOf(['zero-pages']));

describe('a hello', () => {
  it('has these octets', () => {
    expect(toHex(offer)).toBe('6d69676865 6c6c6f 01000000 08000000 01000000 00000000'.replace(/ /g, ''));
  });

  it('offers features by their bits, each of its own, and ignores bits without a row', () => {
    const bits = Object.values(extensionFeatures).map(({ bit }) => bit);
    expect(new Set(bits).size).toBe(bits.length);
    expect(helloFeatures(helloOf([]))).toEqual(new Set());
    expect(helloFeatures(helloOf(['zero-pages']))).toEqual(new Set(['zero-pages']));
    const later = { ...helloOf([]), features: (0xfffffffe | featureBits(['zero-pages'])) >>> 0 };
    expect(helloFeatures(later)).toEqual(new Set(Object.keys(extensionFeatures)));
  });

  it('of another version offers nothing', () => {
    for (const version of [0, 2, 0xffffffff]) {
      expect(helloFeatures({ ...helloOf(['zero-pages']), version })).toEqual(new Set());
    }
  });

  it('any value -> octets -> value', () => {
    fc.assert(
      fc.property(hello, (value) => {
        const octets = encodeHello(value);
        const decoder = new HelloDecoder();
        expect(decoder.give(octets.subarray(0, decoder.wants))).toBeUndefined();
        expect(decoder.give(octets.subarray(16))).toEqual({ kind: 'hello', hello: value, offset: 0 });
        expect([decoder.finished, decoder.wants, decoder.offset]).toEqual([true, 0, octets.length]);
      }),
      { seed: SEED },
    );
  });

  it.each([
    ['another magic', '6d69676865 6c6c70 01000000 08000000', 'bad-magic', 0],
    ['too short', '6d69676865 6c6c6f 01000000 07000000', 'bad-length', 0],
    ['too long', '6d69676865 6c6c6f 01000000 01040000', 'record-too-long', 0],
    ['of 4 GiB', '6d69676865 6c6c6f 01000000 ffffffff', 'record-too-long', 0],
  ])('%s is refused by its head', (_, octets, code, offset) => {
    const decoder = new HelloDecoder();
    expect(() => decoder.give(hex(octets))).toThrow(
      expect.objectContaining({ name: 'StreamError', layer: 'handshake', code, offset }),
    );
    expect(decoder.wants).toBe(0);
  });

  it('is refused before it is written, if it is too short or too long', () => {
    for (const octets of [3, HELLO_BODY.most - 3]) {
      expect(() => encodeHello({ ...helloOf([]), rest: new Uint8Array(octets) })).toThrow(RangeError);
    }
  });
});

describe('what a target sends to a source that is mig', () => {
  it('may have one hello, before ready, in chunks of any size, and comes back to its octets', () => {
    fc.assert(
      fc.property(fc.option(hello), fc.nat(255), fc.integer({ min: 1, max: 300 }), (said, status, size) => {
        const back = status === 0 ? [] : [PERMISSION_TO_GO];
        const hellos = said === null ? [] : [encodeHello(said)];
        const octets = concat([BANNER, ...hellos, READY, REPORT, Uint8Array.of(status), ...back]);
        const { events, error } = heard(octets, size);
        expect(error).toBeUndefined();
        const kinds = ['banner', ...hellos.map(() => 'hello'), 'ready', 'report', ...back.map(() => 'permission-back')]; // prettier-ignore
        expect(events.map(({ kind }) => kind)).toEqual(kinds);
        const encoder = new EventEncoder();
        expect(toHex(concat(events.map((event) => encoder.encode(event).slice())))).toBe(toHex(octets));
      }),
      { seed: SEED },
    );
  });

  it('cut anywhere is truncated', () => {
    const octets = concat([BANNER, offer, READY, success]);
    for (let at = 0; at < octets.length; at++) {
      expect(heard(octets.subarray(0, at)).error, `cut at ${at}`).toMatchObject({ code: 'truncated' });
    }
    expect(heard(octets).error).toBeUndefined();
  });

  it.each([
    ['a second hello', [BANNER, offer, offer, READY, success], 'bad-value', 78],
    ['a hello before the banner', [offer, BANNER, READY, success], 'bad-magic', 0],
    ['a hello after ready', [BANNER, READY, offer, success], 'bad-value', 88],
    [
      'a hello that is too long',
      [BANNER, hex('6d696768656c6c6f 01000000 00100000'), READY],
      'record-too-long',
      54,
    ],
  ])('%s is refused', (_, parts, code, offset) => {
    expect(heard(concat(parts)).error).toMatchObject({ code, offset });
  });

  it('is refused where no hello may come', () => {
    const pushing = new PushDecoder(new TargetDecoder());
    expect(() => [...pushing.push(concat([BANNER, offer, READY]))]).toThrow(
      expect.objectContaining({ code: 'bad-value', offset: 54 }),
    );
  });
});
