import fc from 'fast-check';
import { mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { EndOfInputError, InterruptedError, type Pipe, TimeoutError } from '@mig/channel';
import { closeDescriptor, closePipe, LARGEST_PIPE, pipe } from './descriptors.js';
import { PosixError } from './errors.js';
import { failure } from '../../channel/src/failure.test-support.js';
import { Input } from './input.js';
import { Interrupt } from './interrupt.js';
import { Iovec } from './iovec.js';
import { addressOf, createMemoryFile } from './mapping.js';
import { Output } from './output.js';
import { connectUnix } from './socket.js';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function opened<T extends { close(): void }>(one: T): T {
  closing.push(() => one.close());
  return one;
}

function channel(capacity = LARGEST_PIPE): { input: Input; output: Output } {
  const { readEnd, writeEnd } = pipe(capacity);
  const input = opened(new Input(readEnd, { subject: 'the stream' }));
  return { input, output: opened(new Output(writeEnd, { subject: 'the stream' })) };
}

function ownPipe(): Pipe {
  const one = pipe(LARGEST_PIPE);
  closing.push(() => closePipe(one));
  return one;
}

function file(octets: Uint8Array): number {
  const fd = createMemoryFile('a file', octets.length);
  closing.push(() => closeDescriptor(fd));
  writeSync(fd, octets, 0, octets.length, 0);
  return fd;
}

function contents(fd: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  readSync(fd, octets, 0, length, 0);
  return octets;
}

function counting(length: number, from = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i + from + (i >> 8));
}

const instantly = { what: 'no bytes from the test', milliseconds: 1 };

describe('octets that are spliced into a file', () => {
  test('come out of a pipe, to their offset, and no more of them than asked for', () => {
    const { input, output } = channel();
    output.write(Uint8Array.of(1, 2, 3, 4, 5));
    const target = file(new Uint8Array(16));
    expect(input.splice(target, 10, 4, ownPipe())).toBe(true);
    expect([...contents(target, 16)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0]);
    expect([...input.read(1), input.octets]).toEqual([5, 5]);
  });

  test('come out of a file, from where that stands', () => {
    const source = file(counting(100_000));
    const input = opened(new Input(openSync(`/proc/self/fd/${source}`, 'r'), { subject: 'a file' }));
    input.read(10);
    const target = file(new Uint8Array(90_000));
    expect(input.splice(target, 0, 90_000, ownPipe())).toBe(true);
    expect(contents(target, 90_000)).toEqual(counting(100_000).subarray(10, 90_010));
    expect(input.read(1)).toEqual(counting(100_000).subarray(90_010, 90_011));
  });

  test('come out of a socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mig-splice-'));
    closing.push(() => rmSync(folder, { recursive: true }));
    const sent = counting(50_000);
    const server = createServer();
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
    const input = opened(new Input(connectUnix(join(folder, 'socket')), { subject: 'a socket' }));
    const socket = await accepted;
    await new Promise((resolve) => socket.write(sent, resolve));
    const target = file(new Uint8Array(sent.length));
    expect(input.splice(target, 0, sent.length, ownPipe())).toBe(true);
    expect(contents(target, sent.length)).toEqual(sent);
    socket.destroy();
    server.close();
  });

  test('do not come out of what the kernel does not splice, of which nothing is lost', () => {
    const input = opened(new Input(openSync('/proc/self/maps', 'r'), { subject: 'a file' }));
    const through = ownPipe();
    expect(input.splice(file(new Uint8Array(16)), 0, 4, through)).toBe(false);
    expect(input.octets).toBe(0);
    const target = new Uint8Array(1 << 16);
    const iovec = new Iovec(1);
    iovec.push(addressOf(target), target.length);
    expect(failure(() => input.readv(iovec, through))).toBeInstanceOf(EndOfInputError);
    expect(new TextDecoder().decode(target.subarray(0, input.octets))).toMatch(/^[0-9a-f]+-[0-9a-f]+ /);
  });

  test('are all there, however they were written', () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pieces, fc.nat({ max: 9000 }), (lengths, offset) => {
        const { input, output } = channel();
        const through = ownPipe();
        const sent = counting(lengths.reduce((sum, length) => sum + length));
        let at = 0;
        for (const length of lengths) output.write(sent.subarray(at, (at += length)));
        const target = file(new Uint8Array(offset + sent.length));
        expect(input.splice(target, offset, sent.length, through)).toBe(true);
        const arrived = contents(target, offset + sent.length).subarray(offset);
        expect(Buffer.compare(arrived, sent)).toBe(0);
        for (const close of closing.splice(0)) close();
      }),
      { numRuns: 30 },
    );
  });

  test('that end too early are an end, with its offset', () => {
    const { input, output } = channel();
    output.write(counting(100));
    output.close();
    closing.pop();
    const error = failure(() => input.splice(file(new Uint8Array(500)), 0, 500, ownPipe()));
    expect(error).toBeInstanceOf(EndOfInputError);
    expect(error).toMatchObject({ subject: 'the stream', offset: 100, missing: 400 });
  });

  test('that do not come are a timeout, and an interrupt ends the wait', () => {
    const { input } = channel();
    const [target, through] = [file(new Uint8Array(16)), ownPipe()];
    input.timeout = instantly;
    expect(failure(() => input.splice(target, 0, 4, through))).toBeInstanceOf(TimeoutError);
    const interrupt = opened(Interrupt.create());
    input.interrupt = interrupt;
    interrupt.raise('SIGTERM');
    expect(failure(() => input.splice(target, 0, 4, through))).toBeInstanceOf(InterruptedError);
  });

  test('leave no descriptor behind', () => {
    const before = readdirSync('/proc/self/fd').length;
    const { input, output } = channel();
    output.write(counting(10));
    input.splice(file(new Uint8Array(10)), 0, 10, ownPipe());
    for (const close of closing.splice(0)) close();
    expect(readdirSync('/proc/self/fd')).toHaveLength(before);
  });
});

test('scattered memory is filled through a pipe of our own as it is without', () => {
  const { input, output } = channel();
  const sent = counting(200_000);
  output.write(sent);
  const target = new Uint8Array(sent.length);
  const iovec = new Iovec(3);
  iovec.push(addressOf(target) + 150_000, 50_000);
  iovec.push(addressOf(target), 100_000);
  iovec.push(addressOf(target) + 100_000, 50_000);
  input.readv(iovec, ownPipe());
  const expected = new Uint8Array(sent.length);
  expected.set(sent.subarray(0, 50_000), 150_000);
  expected.set(sent.subarray(50_000, 150_000), 0);
  expected.set(sent.subarray(150_000), 100_000);
  expect(Buffer.compare(target, expected)).toBe(0);
  expect([iovec.count, input.octets]).toEqual([0, sent.length]);
});

describe('octets of a file that are spliced into a pipe', () => {
  const PAGES = 64 * 4096;

  test('come out of it as they are, in their place among the others', () => {
    const { input, output } = channel();
    const source = file(counting(PAGES));
    output.write(Uint8Array.of(1));
    expect(output.splice(source, 4096, 8192)).toBe(true);
    output.write(Uint8Array.of(2));
    expect(output.octets).toBe(8194);
    const seen = input.read(8194);
    expect(seen.subarray(1, -1)).toEqual(counting(PAGES).subarray(4096, 12_288));
    expect([seen[0], seen.at(-1)]).toEqual([1, 2]);
  });

  test('are references: what is written to the file until they are read is what is read', () => {
    const { input, output } = channel();
    const source = file(new Uint8Array(4096));
    output.splice(source, 0, 4096);
    writeSync(source, Uint8Array.of(1, 2, 3), 0, 3, 0);
    expect([...input.read(4096).subarray(0, 4)]).toEqual([1, 2, 3, 0]);
  });

  test('stay readable once the file is gone', () => {
    const { input, output } = channel();
    const source = createMemoryFile('a file', 4096);
    writeSync(source, counting(4096));
    output.splice(source, 0, 4096);
    closeDescriptor(source);
    expect(input.read(4096)).toEqual(counting(4096));
  });

  test('do not go where there is no pipe', () => {
    const output = new Output(file(new Uint8Array(4096)), { subject: 'a file' });
    expect(output.splice(file(counting(4096)), 0, 4096)).toBe(false);
    expect(output.octets).toBe(0);
  });

  test('wait for room as a write does: for so long, until an interrupt, or for a reader that is gone', () => {
    const { input, output } = channel(16 * 4096);
    const source = file(counting(PAGES));
    output.timeout = instantly;
    expect(failure(() => output.splice(source, 0, PAGES))).toBeInstanceOf(TimeoutError);
    expect(output.octets).toBe(16 * 4096);
    const interrupt = opened(Interrupt.create());
    output.interrupt = interrupt;
    interrupt.raise('SIGTERM');
    expect(failure(() => output.splice(source, 0, PAGES))).toBeInstanceOf(InterruptedError);
    output.interrupt = undefined;
    input.close();
    closing.shift();
    const error = failure(() => output.splice(source, 0, PAGES));
    expect(error).toBeInstanceOf(PosixError);
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'splice' });
  });

  test('go on where the reader takes some of them', () => {
    const { input, output } = channel(16 * 4096);
    const source = file(counting(PAGES));
    const seen: Uint8Array[] = [];
    output.whileWaiting = () => {
      seen.push(input.read(8 * 4096));
    };
    output.splice(source, 0, 40 * 4096);
    seen.push(input.read(16 * 4096));
    expect(Buffer.concat(seen).equals(counting(PAGES).subarray(0, 40 * 4096))).toBe(true);
  });
});
