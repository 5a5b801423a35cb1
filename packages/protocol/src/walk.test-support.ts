/**
 * Pulls a stream as a driver does, and observes what is wanted, how much was taken before a refusal, and how
 * many steps it took.
 */
import { expect } from 'vitest';
import {
  copyPages,
  pull,
  StreamDecoder,
  StreamError,
  type Deviation,
  type PushEvent,
  type StreamDecoderOptions,
  type Strictness,
} from './index.js';
import { reencode } from './streams.test-support.js';

export interface Walk {
  readonly events: PushEvent[];
  readonly deviations: Deviation[];
  readonly error: StreamError | undefined;
  /** Octets given to the decoder, including those that it refused. */
  readonly given: number;
  /** The most octets that it wanted at once, except for pages. */
  readonly mostWanted: number;
}

/**
 * Pulls a stream. Throws every error except StreamError, and an error if the decoder does not come to an end.
 */
export function walk(octets: Uint8Array, options: StreamDecoderOptions = {}): Walk {
  const events: PushEvent[] = [];
  const deviations: Deviation[] = [];
  const decoder = new StreamDecoder({ onDeviation: (each) => deviations.push(each), ...options });
  let given = 0;
  let mostWanted = 0;
  let steps = 0;
  const read = (count: number) => {
    if (++steps > octets.length / 4 + 32) throw new Error(`no end after ${steps} steps`);
    mostWanted = Math.max(mostWanted, count);
    const taken = octets.subarray(given, given + count);
    if (taken.length === count) given += count;
    return taken;
  };
  const drive = () => {
    for (const event of pull(decoder, read)) {
      events.push(event.kind === 'pages' ? copyPages(event) : event);
      if (event.kind !== 'pages') continue;
      const pages = octets.subarray(given, given + decoder.pageOctets);
      given += pages.length;
      if (pages.length > 0) {
        const { index, layer } = event;
        events.push({ kind: 'page-octets', layer, index, offset: decoder.offset, octets: pages });
        decoder.pagesTaken(pages.length);
      }
      if (decoder.pageOctets > 0) decoder.end();
    }
    if (given < octets.length) decoder.end(octets.length - given);
  };
  try {
    drive();
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    return { events, deviations, error, given, mostWanted };
  }
  return { events, deviations, error: undefined, given, mostWanted };
}

/**
 * Expects that receiving refuses with this code, at this offset, after taking at most `given` octets; and
 * that verifying reports the same there, or throws it.
 */
export function expectRefusal(
  octets: Uint8Array,
  { code, at, given }: { code: string; at: number; given: number },
  options: StreamDecoderOptions = {},
): void {
  const received = walk(octets, options);
  expect({ code: received.error?.code, offset: received.error?.offset }).toEqual({ code, offset: at });
  expect(received.given).toBeLessThanOrEqual(given);
  const { error, deviations } = walk(octets, { ...options, strictness: 'verify' });
  const said = [...deviations, ...(error === undefined ? [] : [error])];
  expect(said.map((each) => `${each.code} at ${each.offset}`)).toContain(`${code} at ${at}`);
}

/**
 * Expects that both levels accept the octets, and that they encode to the same octets. @returns the reports
 */
export function expectAccepted(octets: Uint8Array, options: StreamDecoderOptions = {}): Deviation[] {
  const reported = (strictness: Strictness) => {
    const { events, deviations, error, given } = walk(octets, { ...options, strictness });
    expect(error).toBeUndefined();
    expect(given).toBe(octets.length);
    expect(Buffer.compare(reencode(events), octets)).toBe(0);
    return deviations;
  };
  reported('receive');
  return reported('verify');
}

/** Copies octets and writes a number into the copy. */
export function withNumber(
  octets: Uint8Array,
  offset: number,
  value: number,
  { width = 4, little = true }: { width?: 1 | 2 | 4; little?: boolean } = {},
): Uint8Array {
  const copy = octets.slice();
  const view = new DataView(copy.buffer);
  if (width === 4) view.setUint32(offset, value, little);
  else if (width === 2) view.setUint16(offset, value, little);
  else view.setUint8(offset, value);
  return copy;
}
