/**
 * Recorded streams with a few octets changed, or pieces cut out, doubled and moved: checks what holds for all
 * of them.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  PushDecoder,
  StreamDecoder,
  StreamError,
  type PushEvent,
  type StreamDecoderOptions,
  type Strictness,
} from '../index.js';
import { concat, decodeAll, fixture, reencode, SEED, thinned } from '../streams.test-support.js';
import { walk } from '../walk.test-support.js';

/** Streams as pieces: headers and records, each whole. */
const streams = thinned.map((name) => {
  const octets = fixture(name);
  const { events } = decodeAll(octets);
  const starts = events.filter(({ kind }) => kind !== 'page-octets').map(({ offset }) => offset);
  return starts.map((start, i) => octets.subarray(start, starts[i + 1] ?? octets.length));
});

const number = fc.constantFrom(0, 1, 7, 8, 9, 16, 4096, 2 ** 27, 2 ** 27 + 1, 2 ** 29, 2 ** 31, 2 ** 32 - 1);
const edit = fc.record({
  piece: fc.nat(1000),
  /** Offset of a change, mostly outside of pages. */
  offset: fc.oneof({ weight: 4, arbitrary: fc.nat(31) }, fc.nat(5000)),
  value: fc.oneof(number, fc.nat(0xffffffff)),
  width: fc.constantFrom(1, 2, 4),
});
const move = fc.record({
  from: fc.nat(1000),
  to: fc.nat(1000),
  how: fc.constantFrom('drop', 'double', 'move', 'none'),
});
const damaged = fc
  .tuple(
    fc.constantFrom(...streams),
    fc.array(edit, { maxLength: 2 }),
    fc.array(move, { maxLength: 2 }),
    fc.option(fc.nat(200_000), { freq: 4 }),
  )
  .map(([stream, edits, moves, cut]) => {
    const pieces = stream.map((piece) => piece.slice());
    for (const { piece, offset, value, width } of edits) {
      const octets = pieces[piece % pieces.length]!;
      if (offset + width > octets.length) continue;
      for (let i = 0; i < width; i++) octets[offset + i] = Math.floor(value / 2 ** (8 * i)) & 0xff;
    }
    for (const { from, to, how } of moves) {
      const at = from % pieces.length;
      const piece = pieces[at]!;
      if ((how === 'drop' || how === 'move') && pieces.length > 1) pieces.splice(at, 1);
      if (how === 'double' || how === 'move') pieces.splice(to % pieces.length, 0, piece);
    }
    const octets = concat(pieces);
    return cut === null ? octets : octets.subarray(0, cut % (octets.length + 1));
  });

const level = fc.constantFrom<Strictness>('receive', 'verify');

/** Decodes the octets in chunks of these sizes, used in turn, with a PushDecoder. */
function inChunks(octets: Uint8Array, sizes: readonly number[], options: StreamDecoderOptions) {
  const events: PushEvent[] = [];
  const decoder = new PushDecoder(new StreamDecoder({ onDeviation: () => undefined, ...options }));
  try {
    for (let at = 0, i = 0; at < octets.length; i++) {
      const to = Math.min(octets.length, at + sizes[i % sizes.length]!);
      for (const event of decoder.push(octets.slice(at, to))) events.push(event);
      at = to;
    }
    decoder.end();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { events, error: { code: error.code, offset: error.offset, message: error.message } };
  }
  return { events, error: undefined };
}

it('what was decoded comes back to its octets; what was accepted, all of it, and it has its ENDs', () => {
  let accepted = 0;
  fc.assert(
    fc.property(damaged, level, (octets, strictness) => {
      const { events, error } = walk(octets, { strictness });
      const back = reencode(events);
      expect(Buffer.compare(back, octets.subarray(0, back.length))).toBe(0);
      if (error !== undefined) return;
      accepted++;
      expect(back.length).toBe(octets.length);
      const last = events.filter(({ kind }) => kind !== 'permission').at(-1);
      expect(last?.layer === 'libxl' && last.kind === 'record' && last.record.type).toBe('END');
    }),
    { seed: SEED, numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

it('what is received is verified with the same events; what is refused is reported, or thrown', () => {
  fc.assert(
    fc.property(damaged, (octets) => {
      const receive = walk(octets);
      const verify = walk(octets, { strictness: 'verify' });
      expect(isDeepStrictEqual(verify.events.slice(0, receive.events.length), receive.events)).toBe(true);
      if (receive.error === undefined) {
        expect(verify.error).toBeUndefined();
        return;
      }
      const { code, offset } = receive.error;
      const said = verify.deviations.some((each) => each.code === code && each.offset === offset);
      if (!said) expect(verify.error).toMatchObject({ code, offset });
    }),
    { seed: SEED, numRuns: 500 },
  );
});

it('chunks of any sizes make no difference', () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9000 })), {
    minLength: 1,
    maxLength: 8,
  });
  const unpaged = (events: readonly PushEvent[]) => events.filter(({ kind }) => kind !== 'page-octets');
  fc.assert(
    fc.property(damaged, sizes, level, (octets, chunks, strictness) => {
      const whole = inChunks(octets, [Math.max(1, octets.length)], { strictness });
      const parts = inChunks(octets, chunks, { strictness });
      expect(parts.error).toEqual(whole.error);
      expect(isDeepStrictEqual(unpaged(parts.events), unpaged(whole.events))).toBe(true);
      expect(Buffer.compare(reencode(parts.events), reencode(whole.events))).toBe(0);
    }),
    { seed: SEED, numRuns: 300 },
  );
});
