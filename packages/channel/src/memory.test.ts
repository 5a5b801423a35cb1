import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EndOfInputError, InterruptedError } from './errors.js';
import { failure } from './failure.test-support.js';
import { MemoryInterrupt } from './interrupt.js';
import { MemorySink, MemorySource } from './memory.js';

const pieces = fc.array(fc.uint8Array({ maxLength: 70_000, size: 'max' }), { maxLength: 12 });

test('what is written is kept, however it was written', () => {
  fc.assert(
    fc.property(pieces, (written) => {
      const sink = new MemorySink();
      for (const octets of written) {
        const own = octets.slice();
        sink.write(own);
        own.fill(0);
      }
      expect(Buffer.concat(written).equals(sink.contents())).toBe(true);
      expect(sink.octets).toBe(sink.contents().length);
    }),
    { numRuns: 50 },
  );
});

test('contents that were taken stay as they are while more is written', () => {
  const sink = new MemorySink();
  sink.write(Uint8Array.of(1, 2));
  const taken = sink.contents();
  sink.write(Uint8Array.of(3));
  expect([...taken]).toEqual([1, 2]);
  expect([...sink.contents()]).toEqual([1, 2, 3]);
});

test('a source gives its octets in order, and no more than asked for', () => {
  const source = new MemorySource(Uint8Array.of(1, 2, 3, 4, 5));
  const target = new Uint8Array(2);
  expect([source.readSome(target), ...target]).toEqual([2, 1, 2]);
  expect([...source.read(2)]).toEqual([3, 4]);
  expect(source.octets).toBe(4);
  expect([source.readSome(target), source.readSome(target)]).toEqual([1, 0]);
});

test('a source that is over before all was read ends with its offset', () => {
  const source = new MemorySource(new Uint8Array(3));
  const error = failure(() => source.read(128 * 2 ** 20));
  expect(error).toBeInstanceOf(EndOfInputError);
  expect(error).toMatchObject({ subject: 'a source in memory', offset: 3, missing: 128 * 2 ** 20 - 3 });
});

test('more than is believed before it has come is read whole', () => {
  const source = new MemorySource(new Uint8Array(3 << 20).fill(7));
  expect(source.read(3 << 20).every((octet) => octet === 7)).toBe(true);
});

test('an interrupt is seen at both, though neither waits', () => {
  const interrupt = new MemoryInterrupt();
  const sink = new MemorySink({ subject: 'a sink', interrupt });
  const source = new MemorySource(new Uint8Array(3), { subject: 'a source', interrupt });
  sink.write(source.read(1));
  interrupt.raise('SIGTERM');
  expect(failure(() => sink.write(new Uint8Array(1)))).toEqual(new InterruptedError('SIGTERM'));
  expect(failure(() => source.read(1))).toEqual(new InterruptedError('SIGTERM'));
  expect([sink.octets, source.octets]).toEqual([1, 1]);
});
