import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EventEncoder,
  PushDecoder,
  SourceDecoder,
  StreamError,
  TargetDecoder,
  type PullDecoder,
} from '../index.js';
import { concat, fixture, SEED } from '../streams.test-support.js';
import { BANNER, PERMISSION_TO_GO, READY, REPORT } from '../handshake/messages.js';

/** Decodes one direction of a conversation in chunks; returns its events and the outcome. */
function decoded<E extends { readonly kind: string }>(
  decoder: PullDecoder<E>,
  chunks: readonly Uint8Array[],
) {
  const pushing = new PushDecoder(decoder);
  const events = [];
  try {
    for (const chunk of chunks) events.push(...pushing.push(chunk));
    pushing.end();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { events, error };
  }
  return { events, error: undefined };
}

/** Makes the octets that a target sends for this status. */
function answer(status: number): Uint8Array {
  const back = status === 0 ? [] : [PERMISSION_TO_GO];
  return concat([BANNER, READY, REPORT, Uint8Array.of(status), ...back]);
}

const status = fc.oneof(fc.constant(0), fc.nat(255));

function chunksOf(octets: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let at = 0; at < octets.length; at += size) chunks.push(octets.slice(at, at + size));
  return chunks;
}

describe('what a target sends', () => {
  it.each(['pvh-live.back.bin', 'xen-4.20/pvh-live.back.bin'])('of stock, in %s, is told apart', (name) => {
    expect(decoded(new TargetDecoder(), [fixture(name)])).toEqual({
      events: [
        { kind: 'banner', offset: 0 },
        { kind: 'ready', offset: 54 },
        { kind: 'report', status: 0, offset: 88 },
      ],
      error: undefined,
    });
  });

  it('comes back to its octets, in chunks of any size', () => {
    fc.assert(
      fc.property(status, fc.integer({ min: 1, max: 200 }), (code, size) => {
        const octets = answer(code);
        const { events, error } = decoded(new TargetDecoder(), chunksOf(octets, size));
        expect(error).toBeUndefined();
        expect(events.map(({ kind }) => kind)).toEqual(
          ['banner', 'ready', 'report', 'permission-back'].slice(0, code === 0 ? 3 : 4),
        );
        const encoder = new EventEncoder();
        const back = concat(events.map((event) => encoder.encode(event).slice()));
        expect(Buffer.compare(back, octets)).toBe(0);
      }),
      { seed: SEED },
    );
  });

  it('cut anywhere is truncated, and longer it is refused', () => {
    for (const code of [0, 3]) {
      const octets = answer(code);
      for (let at = 0; at < octets.length; at++) {
        const { error } = decoded(new TargetDecoder(), [octets.subarray(0, at)]);
        expect(error, `cut at ${at}`).toMatchObject({ code: 'truncated', layer: 'handshake' });
      }
      const { error } = decoded(new TargetDecoder(), [octets, Uint8Array.of(0)]);
      expect(error).toMatchObject({ code: 'octets-after-end', offset: octets.length });
    }
  });

  it('with any octet changed is refused at the message that has it, or has another status', () => {
    fc.assert(
      fc.property(fc.nat(171), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const octets = answer(3);
        octets[at]! ^= mask;
        const { events, error } = decoded(new TargetDecoder(), [octets]);
        if (at === 127) {
          // The failure becomes another failure, or success, after which nothing may follow.
          expect(events[2]).toMatchObject({ kind: 'report', status: 3 ^ mask });
          return;
        }
        const starts = [0, 54, 88, 128].filter((start) => start <= at);
        expect(error).toMatchObject({ code: at < 54 ? 'bad-magic' : 'bad-value', offset: starts.at(-1) });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('in place of the banner has a likely cause', () => {
    const greeting = new TextEncoder().encode(
      'Welcome to this host. Nobody is to log in here without asking.\n',
    );
    const { error } = decoded(new TargetDecoder(), [greeting]);
    expect(error?.message).toMatch(/no banner: a shell greeting/);
  });
});

describe('what a source sends', () => {
  const names = ['pvh-live.bin', 'xen-4.20/pvh-live.bin'];

  it.each(names)('of stock, in %s, ends with permission to go and comes back to its octets', (name) => {
    const octets = fixture(name);
    const { events, error } = decoded(new SourceDecoder(), chunksOf(octets, 1000));
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ kind: 'permission', offset: octets.length - 44 });
    const encoder = new EventEncoder();
    expect(Buffer.compare(concat(events.map((event) => encoder.encode(event).slice())), octets)).toBe(0);
  });

  it.each(names)('%s is not whole before its permission is', (name) => {
    const octets = fixture(name);
    for (let missing = 1; missing <= 52; missing++) {
      const { error } = decoded(new SourceDecoder(), [octets.subarray(0, -missing)]);
      const layer = missing <= 44 ? 'handshake' : 'libxl';
      expect(error, `without ${missing}`).toMatchObject({ code: 'truncated', layer });
    }
    const after = decoded(new SourceDecoder(), [octets, Uint8Array.of(0)]);
    expect(after.error).toMatchObject({ code: 'octets-after-end', offset: octets.length });
  });

  it('is of xl: nothing else is migrated so', () => {
    const { error } = decoded(new SourceDecoder(), [fixture('pvh-live.bin').subarray(882)]);
    expect(error).toMatchObject({ code: 'bad-magic', layer: 'xl' });
  });
});
