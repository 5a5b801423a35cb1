import { closeSync, openSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeDescriptor, createMemoryFile, EndOfInputError, Input, pipe } from '@mig/posix';
import { SEED } from '../libxc/fake-control.test-support.js';
import { JsonLines, jsonLine } from './lines.js';

test('values come back, however the line is cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 2 }), { maxLength: 4 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
      (values, lengths) => {
        const octets = Buffer.concat(values.map(jsonLine));
        const { readEnd, writeEnd } = pipe();
        const lines = new JsonLines(new Input(readEnd, { subject: 'the test' }));
        const read: unknown[] = [];
        try {
          for (let at = 0; at < octets.length;) {
            // Never more than a pipe holds.
            const end = Math.min(octets.length, at + (lengths.next().value as number));
            writeSync(writeEnd, octets, at, end - at);
            for (const octet of octets.subarray(at, end)) if (octet === 10) read.push(lines.next());
            at = end;
          }
          expect(read).toEqual(values.map((value) => JSON.parse(JSON.stringify(value)) as unknown));
        } finally {
          closeDescriptor(readEnd);
          closeDescriptor(writeEnd);
        }
      },
    ),
    { seed: SEED, numRuns: 50 },
  );
});

test('a bitmap comes back as words, whatever part of a buffer it was', () => {
  const bitmap = Uint32Array.of(7, 0, 0x80000001).subarray(1);
  const { lines, close } = linesOf(jsonLine({ event: { bitmap } }));
  try {
    expect(lines.next()).toEqual({ event: { bitmap: Uint32Array.of(0, 0x80000001) } });
  } finally {
    close();
  }
});

function linesOf(octets: Uint8Array): { lines: JsonLines; close: () => void } {
  const file = createMemoryFile('lines', 0);
  writeSync(file, octets);
  const fd = openSync(`/proc/self/fd/${file}`, 'r');
  closeSync(file);
  return { lines: new JsonLines(new Input(fd, { subject: 'the test' })), close: () => closeSync(fd) };
}

test('a line may be longer than what is read at a time', () => {
  const value = { text: 'ä'.repeat(200_000) };
  const { lines, close } = linesOf(Buffer.concat([jsonLine(value), jsonLine(1)]));
  expect(lines.next()).toEqual(value);
  expect(lines.next()).toBe(1);
  expect(() => lines.next()).toThrow(EndOfInputError);
  close();
});

test('a line that does not end is given up', () => {
  const { lines, close } = linesOf(Buffer.alloc(300_000, 'x'));
  const bounded = new JsonLines(lines['input'], 200_000);
  expect(() => bounded.next()).toThrow(/the test: a line of more than 200000 bytes/);
  close();
});

test('half a line is none', () => {
  const { lines, close } = linesOf(jsonLine({ kind: 'done' }).subarray(0, -1));
  expect(() => lines.next()).toThrow(EndOfInputError);
  close();
});
