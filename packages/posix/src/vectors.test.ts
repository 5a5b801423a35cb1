import { EndOfInputError, MemorySink, MemorySource } from '@mig/channel';
import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { closeDescriptor, pipe } from './descriptors.js';
import { failure } from '../../channel/src/failure.test-support.js';
import { Input } from './input.js';
import { Iovec } from './iovec.js';
import { addressOf } from './mapping.js';
import { Output } from './output.js';
import { readVector, writeVector } from './vectors.js';

const opened: number[] = [];
afterEach(() => {
  for (const fd of opened.splice(0)) closeDescriptor(fd);
});

const MEMORY = Uint8Array.from({ length: 1 << 20 }, (_, i) => i + (i >> 8));
const ranges = fc.array(fc.tuple(fc.nat({ max: 1 << 19 }), fc.integer({ min: 1, max: 1 << 19 })), {
  minLength: 1,
  maxLength: 6,
});

function iovecOf(memory: Uint8Array, list: readonly (readonly [number, number])[]): Iovec {
  const iovec = new Iovec(8);
  iovec.clear();
  for (const [at, length] of list) iovec.push(addressOf(memory) + at, length);
  return iovec;
}

describe('memory by its addresses', () => {
  test('goes to a sink that is no descriptor as it is, in order', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        const sink = new MemorySink();
        const iovec = iovecOf(MEMORY, list);
        writeVector(sink, iovec);
        const expected = list.map(([at, length]) => MEMORY.subarray(at, at + length));
        expect(Buffer.concat(expected).equals(sink.contents())).toBe(true);
        expect([iovec.count, iovec.octets]).toEqual([0, 0]);
      }),
      { numRuns: 40 },
    );
  });

  test('is filled by a source that is no descriptor, and no more of that taken', () => {
    const octets = MEMORY.subarray(0, 700_001);
    const source = new MemorySource(octets);
    const target = new Uint8Array(800_000);
    const iovec = iovecOf(target, [[100_000, 600_000], [0, 100_000]]); // prettier-ignore
    readVector(source, iovec);
    const expected = Buffer.concat([octets.subarray(600_000, 700_000), octets.subarray(0, 600_000)]);
    expect(Buffer.compare(target.subarray(0, 700_000), expected)).toBe(0);
    expect(target.subarray(700_000).every((octet) => octet === 0)).toBe(true);
    expect([iovec.count, source.octets]).toEqual([0, 700_000]);
  });

  test('that a source is too short for is an end, with what was still to come', () => {
    const source = new MemorySource(new Uint8Array(300_000));
    const error = failure(() => readVector(source, iovecOf(new Uint8Array(800_000), [[0, 800_000]])));
    expect(error).toBeInstanceOf(EndOfInputError);
    expect(error).toMatchObject({ offset: 300_000, missing: 500_000 });
  });

  test('goes in one call to and from a descriptor, and through no other', () => {
    const { readEnd, writeEnd } = pipe(1 << 16);
    opened.push(readEnd, writeEnd);
    const output = new Output(writeEnd, { subject: 'a pipe' });
    const input = new Input(readEnd, { subject: 'a pipe' });
    const other = [vi.spyOn(output, 'write'), vi.spyOn(input, 'readSome')];
    const [writev, readv] = [vi.spyOn(output, 'writev'), vi.spyOn(input, 'readv')];
    writeVector(output, iovecOf(MEMORY, [[0, 100], [500, 100]])); // prettier-ignore
    const target = new Uint8Array(200);
    readVector(input, iovecOf(target, [[0, 200]]));
    expect([...target.subarray(100)]).toEqual([...MEMORY.subarray(500, 600)]);
    expect([writev.mock.calls.length, readv.mock.calls.length]).toEqual([1, 1]);
    for (const spy of other) expect(spy).not.toHaveBeenCalled();
  });
});
