/** Cuts recorded streams: no cut is a whole stream. */
import { describe, expect, it } from 'vitest';
import { PERMISSION_TO_GO } from '../handshake/messages.js';
import { PushDecoder, StreamDecoder, StreamError, type StreamEvent, type Strictness } from '../index.js';
import { decodeAll, fixture, isMigration, thinned } from '../streams.test-support.js';
import { walk } from '../walk.test-support.js';

const levels = ['receive', 'verify'] as const;

/** Lists the octets of headers, records without pages, and heads of PAGE_DATA records; without pages. */
function octetsOutsidePages(octets: Uint8Array): number[] {
  const { events } = decodeAll(octets);
  const cuts: number[] = [];
  const add = (from: number, to: number) => {
    for (let at = from; at < to; at++) cuts.push(at);
  };
  for (const [i, event] of events.entries()) {
    if (event.kind === 'page-octets') {
      // The boundaries of pages, and the octets beside them.
      for (let at = event.offset; at < event.offset + event.octets.length; at += 4096) add(at, at + 2);
      continue;
    }
    const next = events[i + 1]?.offset ?? octets.length;
    add(event.offset, next);
  }
  return cuts;
}

describe.each(thinned)('%s', (name) => {
  const whole = fixture(name);
  const octets = isMigration(name) ? whole.subarray(0, -PERMISSION_TO_GO.length) : whole;

  it('cut at any octet outside of its pages is truncated there', () => {
    const cuts = octetsOutsidePages(octets);
    expect(cuts.length).toBeGreaterThan(3000);
    for (const at of cuts) {
      const { error } = walk(octets.subarray(0, at));
      if (error?.code !== 'truncated' || error.offset > at) {
        expect.unreachable(`cut at ${at}: ${String(error)}`);
      }
    }
  });

  // After each octet the decoder is asked whether the stream may end here: every cut, including pages.
  it.each(levels)('given octet by octet, has no good end before the last (%s)', (strictness) => {
    const decoder = new PushDecoder(new StreamDecoder({ strictness, onDeviation: () => undefined }));
    for (let at = 0; at < octets.length; at++) {
      if (endsWell(decoder)) expect.unreachable(`a good end at ${at}`);
      Array.from(decoder.push(octets.slice(at, at + 1)));
    }
    expect(endsWell(decoder)).toBe(true);
  });
});

function endsWell(decoder: PushDecoder<StreamEvent>): boolean {
  try {
    decoder.end();
    return true;
  } catch (error) {
    if (error instanceof StreamError && error.code === 'truncated') return false;
    throw error;
  }
}

it('an image, and a libxl stream, on their own are no better', () => {
  const octets = fixture('pvh-save.bin');
  const starts: [number, number, 'libxl' | 'libxc', Strictness][] = levels.flatMap((strictness) => [
    [882, octets.length, 'libxl', strictness],
    [906, octets.length - 8, 'libxc', strictness],
  ]);
  for (const [from, to, start, strictness] of starts) {
    expect(walk(octets.subarray(from, to), { start, strictness }).error).toBeUndefined();
    for (let at = from; at < to; at += 29) {
      const { error } = walk(octets.subarray(from, at), { start, strictness });
      expect(error?.code).toBe('truncated');
    }
  }
});
