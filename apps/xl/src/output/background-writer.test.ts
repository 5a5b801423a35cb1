import { closeSync, readSync } from 'node:fs';
import { blockingPipe, setNonBlocking } from '@mig/posix';
import { afterEach, expect, test } from 'vitest';
import { BackgroundWriter } from './background-writer.js';
import { OutputClosedError } from './text-output.js';

const opened = new Set<number>();
afterEach(() => {
  for (const descriptor of opened) closeSync(descriptor);
  opened.clear();
});

/** Makes a pipe that holds one page. */
function smallPipe(): { readEnd: number; writeEnd: number } {
  const { readEnd, writeEnd } = blockingPipe(4096);
  opened.add(readEnd).add(writeEnd);
  return { readEnd, writeEnd };
}

function close(descriptor: number): void {
  closeSync(descriptor);
  opened.delete(descriptor);
}

/** Reads `length` octets, as they come. */
async function read(descriptor: number, length: number): Promise<string> {
  const octets = new Uint8Array(length);
  setNonBlocking(descriptor);
  for (let at = 0; at < length;) {
    try {
      at += readSync(descriptor, octets, at, length - at, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await new Promise(setImmediate);
    }
  }
  return new TextDecoder().decode(octets);
}

test.each([
  ['blocks', false],
  ['does not block', true],
])('nobody waits for the reader of a pipe that %s, and all is in order', async (_, nonBlocking) => {
  const { readEnd, writeEnd } = smallPipe();
  if (nonBlocking) setNonBlocking(writeEnd);
  const writer = new BackgroundWriter(writeEnd);
  const lines = Array.from({ length: 1000 }, (_, i) => `line ${String(i).padStart(8, '0')}\n`);
  for (const line of lines) writer.write(Buffer.from(line));
  writer.write(new Uint8Array(0));
  const all = lines.join('');
  // By now the pipe's capacity may be written, and no more.
  expect(writer.waiting).toBeGreaterThanOrEqual(all.length - 4096);
  expect(writer.waiting).toBeLessThanOrEqual(all.length);
  const written = writer.written();
  expect(await read(readEnd, all.length)).toBe(all);
  await written;
  expect(writer.waiting).toBe(0);
});

test('nothing is left to be written where the reader has gone, which the next write says', async () => {
  const { readEnd, writeEnd } = smallPipe();
  const writer = new BackgroundWriter(writeEnd);
  writer.write(new Uint8Array(10_000));
  close(readEnd);
  await writer.written();
  expect(writer.waiting).toBe(0);
  expect(() => writer.write(new Uint8Array(1))).toThrow(OutputClosedError);
});

test('what nothing was written to is written', async () => {
  await new BackgroundWriter(-1).written();
});
