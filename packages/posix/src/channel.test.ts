import { afterEach, describe, expect, test } from 'vitest';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import {
  deadlineIn,
  EndOfInputError,
  InterruptedError,
  MemoryInterrupt,
  pause,
  TimeoutError,
} from '@mig/channel';
import { blockingPipe, closeDescriptor, openNonBlocking, pipe } from './descriptors.js';
import { PosixError } from './errors.js';
import { failure } from '../../channel/src/failure.test-support.js';
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
  const input = new Input(readEnd, { subject: 'the stream', interrupt });
  const output = new Output(writeEnd, { subject: 'the stream', interrupt });
  opened.push(input, output);
  return { input, output };
}

const instantly = { what: 'no bytes from the test', milliseconds: 1 };

test('octets arrive as written', () => {
  const { input, output } = channel();
  output.write(Uint8Array.of(1, 2, 3, 4, 5));
  expect(input.read(2)).toEqual(Uint8Array.of(1, 2));
  expect(input.read(3)).toEqual(Uint8Array.of(3, 4, 5));
  expect([input.octets, output.octets]).toEqual([5, 5]);
});

test('an input tells whether octets have arrived, or the end, without waiting', () => {
  const { readEnd, writeEnd } = pipe(65536);
  const input = new Input(readEnd, { subject: 'the stream' });
  const output = new Output(writeEnd, { subject: 'the stream' });
  opened.push(input);
  expect(input.hasArrived()).toBe(false);
  output.write(Uint8Array.of(1));
  expect(input.hasArrived()).toBe(true);
  input.read(1);
  expect(input.hasArrived()).toBe(false);
  output.close();
  expect(input.hasArrived()).toBe(true);
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
  input.timeout = instantly;
  const error = failure(() => input.read(1));
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error.message).toBe('no bytes from the test within 0.001 s');
});

test('a peer that stops reading is a timeout', () => {
  const { output } = channel();
  output.timeout = instantly;
  expect(failure(() => output.write(new Uint8Array(1 << 20)))).toBeInstanceOf(TimeoutError);
});

describe('a deadline is for all that is waited for together', () => {
  const ticks = 30;

  test('an octet now and then does not put it off', () => {
    const { input, output } = channel();
    let sent = 0;
    input.whileWaiting = () => {
      output.write(Uint8Array.of(sent++));
    };
    input.deadline = deadlineIn(250, 'no message');
    const error = failure(() => input.read(ticks));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toBe('no message within 0.25 s');
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(ticks);
  });

  test('nor does a peer that reads a little now and then', () => {
    const { input, output } = channel();
    let pages = 0;
    output.whileWaiting = () => {
      input.read(4096);
      pages++;
    };
    output.timeout = { what: 'it read nothing', milliseconds: 60_000 };
    output.deadline = deadlineIn(250, 'it did not read all');
    const error = failure(() => output.write(new Uint8Array(65536 + ticks * 4096)));
    expect(error.message).toBe('it did not read all within 0.25 s');
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThan(ticks);
  });

  test('what was there in time is read, however late', () => {
    const { input, output } = channel();
    output.write(Uint8Array.of(1, 2));
    input.deadline = deadlineIn(0, 'no message');
    expect(input.read(2)).toEqual(Uint8Array.of(1, 2));
  });
});

describe('what is called while a wait lasts', () => {
  test('hears how long it has lasted, and ends it by throwing', () => {
    const { output } = channel();
    const heard: number[] = [];
    output.whileWaiting = (milliseconds) => {
      heard.push(milliseconds);
      if (heard.length === 3) throw new RangeError('enough');
    };
    expect(failure(() => output.write(new Uint8Array(1 << 20)))).toBeInstanceOf(RangeError);
    expect(heard).toEqual([...heard].sort((one, other) => one - other));
    expect(heard[0]).toBeGreaterThanOrEqual(100);
  });

  test('may itself wait', () => {
    const { input, output } = channel();
    const inner = channel();
    input.whileWaiting = () => {
      inner.output.write(Uint8Array.of(1));
      output.write(inner.input.read(1));
    };
    expect(input.read(1)).toEqual(Uint8Array.of(1));
  });

  test('is called in a pause as well', () => {
    let calls = 0;
    const whileWaiting = () => {
      calls++;
      throw new RangeError('enough');
    };
    expect(failure(() => pause(60_000, { whileWaiting }))).toBeInstanceOf(RangeError);
    expect(calls).toBe(1);
  });
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

test('an interrupt that has no descriptor ends a wait soon', () => {
  const interrupt = new MemoryInterrupt();
  const { readEnd, writeEnd } = pipe();
  const input = new Input(readEnd, { subject: 'the stream', interrupt });
  opened.push(input, { close: () => closeDescriptor(writeEnd) });
  // Raised during the first look, which wakes no poll().
  input.whileWaiting = () => interrupt.raise('operator');
  const error = failure(() => input.read(1));
  expect(error).toEqual(new InterruptedError('operator'));
});

describe('the ends of a pipe', () => {
  const isNonBlocking = (fd: number) =>
    /^flags:\s+0\d*[4-7]\d{3}$/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'));

  test.each([
    ['for this process are non-blocking', pipe, true],
    ['for another program are blocking', blockingPipe, false],
  ])('%s', (_, make, expected) => {
    const { readEnd, writeEnd } = make(65536);
    opened.push({ close: () => closeDescriptor(readEnd) }, { close: () => closeDescriptor(writeEnd) });
    expect([readEnd, writeEnd].map(isNonBlocking)).toEqual([expected, expected]);
  });
});

describe('an inherited descriptor that is opened anew', () => {
  const filler = new Uint8Array(4096);

  test('is the same pipe, and does not wait for its reader; the flags of the other stay', () => {
    const { readEnd, writeEnd } = blockingPipe(65536);
    const [input, twin] = [new Input(readEnd, { subject: 'a pipe' }), openNonBlocking(writeEnd)];
    opened.push(input, { close: () => closeSync(twin) }, { close: () => closeDescriptor(writeEnd) });
    expect(twin).not.toBe(writeEnd);
    for (let written = 0; written < 65536;) written += writeSync(twin, filler);
    expect(() => writeSync(twin, filler)).toThrow('EAGAIN');
    input.read(4096);
    // Would wait, or fail, if the pipe were not as before.
    expect(writeSync(writeEnd, filler)).toBe(4096);
    expect(readFileSync(`/proc/self/fdinfo/${writeEnd}`, 'utf8')).not.toMatch(/^flags:\s+0\d*[4-7]\d{3}$/m);
  });

  test('is itself where that is a file, whose end is kept', () => {
    const file = createMemoryFile('a file', 0);
    opened.push({ close: () => closeDescriptor(file) });
    expect(openNonBlocking(file)).toBe(file);
  });
});
