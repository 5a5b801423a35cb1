import { afterEach, expect, test } from 'vitest';
import { openSync, readSync } from 'node:fs';
import { closeDescriptor, pipe, setNonBlocking } from './descriptors.js';
import { EndOfInputError, InterruptedError, PosixError, TimeoutError } from './errors.js';
import { Input } from './input.js';
import { Interrupt } from './interrupt.js';
import { Iovec } from './iovec.js';
import { addressOf, createMemoryFile } from './mapping.js';
import { Output } from './output.js';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

function channel(interrupt?: Interrupt): { input: Input; output: Output } {
  const { readEnd, writeEnd } = pipe(65536);
  setNonBlocking(readEnd);
  setNonBlocking(writeEnd);
  const input = new Input(readEnd, { subject: 'the stream', interrupt });
  const output = new Output(writeEnd, { subject: 'the stream', interrupt });
  opened.push(input, output);
  return { input, output };
}

const instantly = { what: 'no octet from the test', milliseconds: 1 };

test('octets arrive as written', () => {
  const { input, output } = channel();
  output.write(Uint8Array.of(1, 2, 3, 4, 5));
  expect(input.read(2)).toEqual(Uint8Array.of(1, 2));
  expect(input.read(3)).toEqual(Uint8Array.of(3, 4, 5));
  expect([input.octets, output.octets]).toEqual([5, 5]);
});

test('scattered memory goes out and into scattered memory', () => {
  const { input, output } = channel();
  const from = Uint8Array.from({ length: 64 }, (_, i) => i);
  const to = new Uint8Array(64);
  const gather = new Iovec(2);
  gather.push(addressOf(from) + 32, 32);
  gather.push(addressOf(from), 32);
  output.writev(gather);
  const scatter = new Iovec(3);
  scatter.push(addressOf(to) + 60, 4);
  scatter.push(addressOf(to), 60);
  input.readv(scatter);
  expect([...to]).toEqual([...from.slice(36), ...from.slice(0, 32), ...from.slice(32, 36)]);
  expect([gather.count, scatter.count]).toEqual([0, 0]);
});

test('octets go into a file, at their offset, if they come through a pipe', () => {
  const { input, output } = channel();
  const file = createMemoryFile('target', 16);
  opened.push({ close: () => closeDescriptor(file) });
  output.write(Uint8Array.of(1, 2, 3, 4));
  expect(input.splice(file, 10, 4)).toBe(true);
  expect(input.octets).toBe(4);
  const written = new Uint8Array(16);
  readSync(file, written, 0, 16, 0);
  expect([...written]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0]);

  const notPipe = new Input(openSync('/proc/self/exe', 'r'), { subject: 'a file' });
  opened.push(notPipe);
  const other = createMemoryFile('another', 16);
  opened.push({ close: () => closeDescriptor(other) });
  expect(notPipe.splice(other, 0, 4)).toBe(false);
  expect(notPipe.octets).toBe(0);
});

test('a length that is announced but does not arrive is an end, with its offset', () => {
  const { input, output } = channel();
  output.write(Uint8Array.of(1, 2, 3));
  output.close();
  opened.pop();
  const error = failure(() => input.read(128 * 1024 * 1024));
  expect(error).toBeInstanceOf(EndOfInputError);
  expect(error).toMatchObject({ subject: 'the stream', offset: 3, missing: 128 * 1024 * 1024 - 3 });
});

test('a silent peer is a timeout that says what was awaited', () => {
  const { input } = channel();
  input.patience = instantly;
  const error = failure(() => input.read(1));
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error.message).toBe('no octet from the test within 0.001 s');
});

test('a peer that stops reading is a timeout', () => {
  const { output } = channel();
  output.patience = instantly;
  expect(failure(() => output.write(new Uint8Array(1 << 20)))).toBeInstanceOf(TimeoutError);
});

test('a peer that is gone is EPIPE, not a signal', () => {
  const { input, output } = channel();
  input.close();
  opened.splice(0, 1);
  const error = failure(() => output.write(Uint8Array.of(1)));
  expect(error).toBeInstanceOf(PosixError);
  expect(error).toMatchObject({ code: 'EPIPE', syscall: 'write' });
});

test('an interrupt ends a wait, and a write that would not have had to wait', () => {
  const interrupt = Interrupt.create();
  const { input, output } = channel(interrupt);
  opened.push(interrupt);
  Interrupt.from(interrupt.shared).raise('SIGTERM');
  for (const action of [() => input.read(1), () => output.write(Uint8Array.of(1))]) {
    const error = failure(action);
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error).toMatchObject({ reason: 'SIGTERM' });
  }
});

function failure(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
