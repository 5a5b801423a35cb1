/** Decodes recorded streams of stock Xen: whole, cut anywhere, in chunks of any size. */
import { describe, expect, it } from 'vitest';
import { PERMISSION_TO_GO } from '../handshake/messages.js';
import { PushDecoder, StreamDecoder, StreamError, type PushEvent } from '../index.js';
import { concat, decodeAll, fixture, isMigration, reencode, SEED, thinned } from '../streams.test-support.js';

/** Makes a seeded pseudo-random generator (mulberry32), good enough for chunk sizes. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Returns what events say, regardless of how pages were cut. */
function story(events: readonly PushEvent[]): unknown[] {
  const said: unknown[] = [];
  let pages: Uint8Array[] = [];
  const flush = () => {
    if (pages.length > 0) said.push(Buffer.from(concat(pages)).toString('base64'));
    pages = [];
  };
  for (const event of events) {
    if (event.kind === 'page-octets') {
      pages.push(event.octets);
      continue;
    }
    flush();
    said.push(structuredClone(event));
  }
  flush();
  return said;
}

/** Lists where headers and records begin, and where the fields of a header or a PAGE_DATA record end. */
function boundaries(events: readonly PushEvent[], length: number) {
  const marks = new Set<number>([length]);
  for (const event of events) if (event.kind !== 'page-octets') marks.add(event.offset);
  return [...marks].sort((a, b) => a - b);
}

function cutFails(octets: Uint8Array, at: number): void {
  const decoder = new PushDecoder(new StreamDecoder());
  let error: unknown;
  try {
    Array.from(decoder.push(octets.subarray(0, at)));
    decoder.end();
  } catch (caught) {
    error = caught;
  }
  expect(error, `cut at ${at}`).toBeInstanceOf(StreamError);
  const { code, offset } = error as StreamError;
  expect(code, `cut at ${at}`).toBe('truncated');
  expect(offset, `cut at ${at}`).toBeLessThanOrEqual(at);
}

describe.each(thinned)('%s', (name) => {
  const octets = fixture(name);
  const { events } = decodeAll(octets);
  const end = isMigration(name) ? octets.length - PERMISSION_TO_GO.length : octets.length;

  it('is received and verified, with nothing wrong, and comes back to the same octets', () => {
    for (const strictness of ['receive', 'verify'] as const) {
      const decoded = decodeAll(octets, { strictness });
      expect(decoded.deviations.filter(({ severity }) => severity === 'wrong')).toEqual([]);
      expect(Buffer.compare(reencode(decoded.events), octets)).toBe(0);
    }
  });

  it('is named for what stock writes', () => {
    const { deviations } = decodeAll(octets, { strictness: 'verify' });
    const pvhSave = ['hvm-context-before-hvm-params'];
    const pvhLive = ['page-sent-again', 'hvm-context-before-hvm-params'];
    const expected = {
      'pvh-save.bin': pvhSave,
      'pvh-live.bin': pvhLive,
      'pv-save.bin': [],
      'xen-4.20/pvh-save.bin': pvhSave,
      'xen-4.20/pvh-live.bin': pvhLive,
    };
    expect(deviations.map(({ code }) => code)).toEqual(expected[name]);
  });

  it('in another octets’ chunks says the same', () => {
    const whole = story(events);
    const next = random(SEED);
    const sizes: (() => number)[] = [
      () => 1,
      () => 1 + Math.floor(next() * 9),
      () => 1 + Math.floor(next() * 5000),
      () => 8,
    ];
    for (const size of sizes) {
      const decoder = new PushDecoder(new StreamDecoder());
      const got: PushEvent[] = [];
      for (let at = 0; at < octets.length;) {
        const to = Math.min(octets.length, at + size());
        // A chunk of its own, so that the decoder cannot read beyond it.
        got.push(...decoder.push(octets.slice(at, to)));
        at = to;
      }
      decoder.end();
      expect(story(got)).toEqual(whole);
    }
  });

  it('cut at any octet of its headers, or at any boundary of its records, is an error', () => {
    const marks = boundaries(events, end);
    const header = events.find(({ kind }) => kind === 'domain-header')?.offset ?? 0;
    const cuts = new Set<number>();
    for (let at = 0; at < header + 16; at++) cuts.add(at);
    for (const mark of marks) {
      // The boundary, each of the header's 8 octets, and the last octet before.
      for (let at = mark - 1; at <= mark + 8; at++) cuts.add(at);
    }
    let tried = 0;
    for (const at of cuts) {
      if (at < 0 || at >= end) continue;
      cutFails(octets, at);
      tried++;
    }
    expect(tried).toBeGreaterThan(1000);
  });

  it('with octets after its end is an error', () => {
    expect(() => decodeAll(concat([octets, new Uint8Array(8)]))).toThrow(/bytes? follow|no permission/);
  });

  it('has a good end without the permission, and none with half of it', () => {
    const stream = octets.subarray(0, end);
    expect(decodeAll(stream).events.at(-1)?.kind).toBe('record');
    const half = concat([stream, PERMISSION_TO_GO.subarray(0, 20)]);
    expect(() => decodeAll(half)).toThrow(StreamError);
  });
});

it('a boundary set holds every record', () => {
  const { events } = decodeAll(fixture('pvh-live.bin'));
  expect(boundaries(events, 0).length).toBeGreaterThan(20);
});
