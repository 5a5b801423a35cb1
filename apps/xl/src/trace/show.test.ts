import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeTraceRecord, packBitmap } from '@mig/trace';
import { afterAll, expect, it } from 'vitest';
import { createContext } from '../host/context.js';
import { TextOutput } from '../output/text-output.js';
import { sample } from '../report/sample.test-support.js';
import { show } from './show.js';

const folder = mkdtempSync(join(tmpdir(), 'xl-show-'));
afterAll(() => rmSync(folder, { recursive: true }));

const WORDS = 2 ** 15;

/** Makes a trace in which every other page is dirty: as many runs as a bitmap of that length can have. */
function traceFile(): string {
  const bitmap = packBitmap(new Uint32Array(WORDS).fill(0x55555555));
  const read = { type: 'log-read', at: 1, iteration: 1, dirtyPages: WORDS * 16, bitmap } as const;
  const path = join(folder, 'trace');
  writeFileSync(path, Buffer.concat([sample[0]!, read].map(encodeTraceRecord)));
  return path;
}

function shown(json: boolean): { text: string; longest: number } {
  const pieces: Buffer[] = [];
  const output = new TextOutput((octets) => pieces.push(Buffer.from(octets)));
  show(createContext({ output }), traceFile(), { json });
  output.flush();
  return {
    text: Buffer.concat(pieces).toString(),
    longest: Math.max(...pieces.map((piece) => piece.length)),
  };
}

it('a bitmap of any length is printed piece by piece', () => {
  const { text, longest } = shown(true);
  const line = text.split('\n').find((each) => each.startsWith('{"event":"log-read"'))!;
  const { dirty, ...rest } = JSON.parse(line) as { dirty: [number, number][] };
  expect(rest).toEqual({ event: 'log-read', at: 1, iteration: 1, dirtyPages: WORDS * 16 });
  expect(dirty).toHaveLength(WORDS * 16);
  expect(dirty.every(([first, count], i) => first === i * 2 && count === 1)).toBe(true);
  expect(text.length).toBeGreaterThan(2 ** 22);
  expect(longest).toBeLessThan(2 ** 17);
});

it('people get the first of its runs, and how many there are', () => {
  expect(shown(false).text).toContain(
    `${WORDS * 16} pages dirty: 0+1 2+1 4+1 6+1, and ${WORDS * 16 - 4} runs more\n`,
  );
});
