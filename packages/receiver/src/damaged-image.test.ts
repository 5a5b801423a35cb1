/**
 * Restores damaged recordings of stock Xen: the damage is refused with its place, nothing of it reaches the
 * memory, and not an octet after END is read.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemorySource, type OctetSource } from '@mig/channel';
import type { IncomingMemory } from '@mig/hypervisor';
import {
  copyPages,
  ImageDecoder,
  type ImageEvent,
  type ImageRecord,
  PAGE_SIZE,
  pull,
  StreamError,
} from '@mig/protocol';
import { restoreImage } from './restore-image.js';

const fixtures = new URL('../../protocol/fixtures/', import.meta.url);

/**
 * Returns the image of a recorded stream, which starts behind the headers and LIBXC_CONTEXT; and what follows
 * its END.
 */
function recordedImage(name: string) {
  const stream = new Uint8Array(readFileSync(new URL(name, fixtures)));
  const octets = stream.subarray(48 + new DataView(stream.buffer).getUint32(44, true) + 16 + 8);
  const decoder = new ImageDecoder();
  const events: ImageEvent[] = [];
  for (const event of pull(decoder, (count) => octets.subarray(decoder.offset, decoder.offset + count))) {
    events.push(event.kind === 'pages' ? copyPages(event) : event);
    decoder.pagesTaken(decoder.pageOctets);
  }
  return { octets, events, length: decoder.offset };
}

/** A memory that notes what it gets. */
class NotingMemory implements IncomingMemory {
  readonly calls: string[] = [];

  expect(): void {
    this.calls.push('expect');
  }
  staticDataEnd(): void {
    this.calls.push('static data end');
  }
  populate(): void {
    this.calls.push('populate');
  }
  readPages(input: OctetSource, _: Float64Array, count: number): void {
    input.read(count * PAGE_SIZE);
    this.calls.push('read');
  }
  comparePages(input: OctetSource, _: Float64Array, count: number): number {
    input.read(count * PAGE_SIZE);
    return 0;
  }
  apply({ type }: ImageRecord): void {
    this.calls.push(type);
  }
}

function restore(octets: Uint8Array) {
  const memory = new NotingMemory();
  const input = new MemorySource(octets);
  try {
    restoreImage(memory, input);
    return { calls: memory.calls, input, error: undefined };
  } catch (error) {
    expect(error).toBeInstanceOf(StreamError);
    return { calls: memory.calls, input, error: error as StreamError };
  }
}

describe.each(['pvh-save.bin', 'pvh-live.bin', 'pv-save.bin'])('the image of %s', (name) => {
  const { octets, events, length } = recordedImage(name);
  const whole = restore(octets).calls;
  const records = events.filter((event) => event.kind === 'record' || event.kind === 'pages');

  it('is restored, and nothing read after its END', () => {
    const { error, input, calls } = restore(octets);
    expect(error).toBeUndefined();
    expect(input.octets).toBe(length);
    expect(calls.length).toBeGreaterThan(5);
  });

  it('cut at a boundary, within a header, within a body, is truncated, and memory has had what was before', () => {
    const cuts = new Set<number>();
    for (let at = 0; at < 40; at++) cuts.add(at);
    for (const { offset } of records) {
      for (let at = offset - 1; at <= offset + 24; at++) if (at < length) cuts.add(at);
    }
    expect(cuts.size).toBeGreaterThan(200);
    for (const at of cuts) {
      const { error, calls } = restore(octets.subarray(0, at));
      expect(error?.code, `cut at ${at}`).toBe('truncated');
      expect(calls, `cut at ${at}`).toEqual(whole.slice(0, calls.length));
    }
  });

  it('with a record header corrupted is refused there, though valid records follow', () => {
    for (const { offset } of records) {
      const before = restore(octets.subarray(0, offset)).calls;
      const corruptions: [at: number, value: number, code: string][] = [
        [0, 0x13, 'unknown-mandatory-record'],
        [0, 2 ** 31 - 1, 'unknown-mandatory-record'],
        [4, 128 * 2 ** 20 + 1, 'record-too-long'],
        [4, 2 ** 31, 'record-too-long'],
        [4, 2 ** 32 - 1, 'record-too-long'],
      ];
      for (const [at, value, code] of corruptions) {
        const corrupt = octets.slice();
        new DataView(corrupt.buffer).setUint32(offset + at, value, true);
        const { error, calls, input } = restore(corrupt);
        expect(error).toMatchObject({ code, offset });
        expect(calls).toEqual(before);
        expect(input.octets).toBe(offset + 8);
      }
    }
  });

  it('with another count, or a page type that is none, is refused before its pages are populated', () => {
    for (const event of events) {
      if (event.kind !== 'pages') continue;
      const before = restore(octets.subarray(0, event.offset)).calls;
      const corruptions: [at: number, value: number][] = [
        [8, 0],
        [8, event.count + 1],
        [8, 2 ** 29],
        [8, 2 ** 32 - 1],
        [20, 0x50000000],
        [20, 0x80000000],
      ];
      for (const [at, value] of corruptions) {
        const corrupt = octets.slice();
        new DataView(corrupt.buffer).setUint32(event.offset + at, value, true);
        const { error, calls } = restore(corrupt);
        expect(error?.offset).toBe(event.offset);
        expect(calls).toEqual(before);
      }
    }
  });
});
