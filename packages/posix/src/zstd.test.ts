import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Interrupt } from './interrupt.js';
import { InterruptedError } from '@mig/channel';
import { addressOf, Mapping } from './mapping.js';
import { whyNoZstd, ZstdDecoder, ZstdError } from './zstd.js';
import { ZstdThreads } from './zstd-threads.js';

const RUN = 64 * 1024;
let threads: ZstdThreads;
let decoder: ZstdDecoder;
let place: Mapping;

beforeEach(() => {
  threads = new ZstdThreads({ runLength: RUN, threads: 2 });
  decoder = new ZstdDecoder();
  place = Mapping.ofMemory('content', RUN);
});
afterEach(() => {
  threads.close();
  decoder.close();
  place.unmap();
});

function begin(octets: Uint8Array, level = 3): void {
  threads.input.set(octets);
  threads.begin(octets.length, level);
}

function frameOf(octets: Uint8Array, level = 3): Uint8Array {
  begin(octets, level);
  const { output, frameLength } = threads.finish();
  return output.slice(0, frameLength);
}

function contentOf(frame: Uint8Array, length: number): Uint8Array {
  decoder.decompress(frame, place.address, length);
  return new Uint8Array(place.words().buffer, 0, length).slice();
}

/** Octets that can be compressed. */
const dull = fc
  .tuple(fc.uint8Array({ minLength: 16, maxLength: 100 }), fc.integer({ min: 4, max: 600 }))
  .map(([part, times]) => Uint8Array.from({ length: part.length * times }, (_, i) => part[i % part.length]!));

test('the library is here', () => {
  expect(whyNoZstd()).toBeUndefined();
});

test('what was compressed at any level comes back, in the order in which it was begun', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(dull, fc.integer({ min: 1, max: 19 })), { minLength: 1, maxLength: 6 }), (runs) => {
      for (const [octets, level] of runs) begin(octets, level);
      for (const [octets] of runs) {
        const { input, length, output, frameLength, milliseconds } = threads.finish();
        expect(Buffer.compare(input.subarray(0, length), octets)).toBe(0);
        expect(frameLength).toBeGreaterThan(0);
        expect(frameLength).toBeLessThan(octets.length);
        expect(milliseconds).toBeGreaterThanOrEqual(0);
        expect([...output.subarray(frameLength, frameLength + 7)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
        expect(Buffer.compare(contentOf(output.subarray(0, frameLength), octets.length), octets)).toBe(0);
      }
    }),
    { numRuns: 60, seed: 20140602 },
  );
}, 150_000); // prettier-ignore

test('what cannot be compressed has no frame', () => {
  begin(randomBytes(RUN));
  expect(threads.finish()).toMatchObject({ length: RUN, frameLength: 0 });
}, 150_000);

test('there is room for so many runs, and no more until one is finished', () => {
  let begun = 0;
  while (!threads.isFull) begin(new Uint8Array(100 + begun++));
  expect(begun).toBe(6);
  expect(threads.pending).toBe(6);
  expect(() => begin(new Uint8Array(100))).toThrow(RangeError);
  expect(threads.finish().length).toBe(100);
  expect(threads.isFull).toBe(false);
  expect(threads.isReady).toBe(true);
  expect(() => threads.begin(RUN + 1, 1)).toThrow(RangeError);
}, 150_000);

test('nobody waits for what was not begun, nor after an interrupt', () => {
  expect(() => threads.finish()).toThrow(RangeError);
  begin(new Uint8Array(RUN), 19);
  const interrupt = Interrupt.create();
  interrupt.raise('SIGINT');
  threads.close();
  // It may have been done before.
  try {
    expect(threads.finish({ interrupt }).length).toBe(RUN);
  } catch (error) {
    expect(error).toBeInstanceOf(InterruptedError);
  }
  interrupt.close();
}, 150_000);

describe('a frame', () => {
  const octets = Uint8Array.from({ length: 8192 }, (_, i) => i % 97);

  test.each([
    ['with any octet changed', (frame: Uint8Array) => Array.from(frame, (_, at) => frame.map((octet, i) => (i === at ? octet ^ 0x41 : octet)))],
    ['cut short anywhere', (frame: Uint8Array) => Array.from(frame, (_, length) => frame.subarray(0, length))],
    ['with more behind it', (frame: Uint8Array) => [Buffer.concat([frame, Buffer.of(0)]), Buffer.concat([frame, frame])]],
  ])('%s is refused', (_, damage) => {
    const damaged = damage(frameOf(octets));
    expect(damaged.length).toBeGreaterThan(1);
    for (const frame of damaged) {
      // The unused bit of its descriptor says nothing.
      const same = () => Buffer.compare(contentOf(frame, octets.length), octets) !== 0;
      expect(same).toThrow(ZstdError);
    }
  }, 150_000); // prettier-ignore

  test('of another length is refused', () => {
    const frame = frameOf(octets);
    for (const length of [octets.length - 1, octets.length + 1, 1]) {
      expect(() => contentOf(frame, length)).toThrow(ZstdError);
    }
    expect(Buffer.compare(contentOf(frame, octets.length), octets)).toBe(0);
  }, 150_000);

  test('is written to no place beyond the length that is due', () => {
    const frame = frameOf(new Uint8Array(RUN).fill(7));
    const small = new Uint8Array(100);
    expect(() => decoder.decompress(frame, addressOf(small), 50)).toThrow(ZstdError);
    expect(small.subarray(50).every((octet) => octet === 0)).toBe(true);
  }, 150_000);
});

test('threads that are closed at once have loaded by then', () => {
  for (let i = 0; i < 3; i++) {
    const others = new ZstdThreads({ runLength: RUN, threads: 2 });
    others.close();
    expect(others.isReady).toBe(true);
    expect(() => others.begin(1, 1)).toThrow(RangeError);
  }
}, 150_000);
