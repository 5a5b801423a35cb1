import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closeDescriptor } from './descriptors.js';
import { setBits, whyNoWriteLog, WriteLog, WriteLogReader } from './write-log.js';
import { addressOf, createMemoryFile, mapOver } from './mapping.js';

const PAGE = 4096;
const PAGES = 96;

describe('setBits', () => {
  const rows: [first: number, past: number, words: number[]][] = [
    [0, 0, [0, 0, 0]],
    [0, 1, [1, 0, 0]],
    [5, 9, [0x1e0, 0, 0]],
    [31, 33, [0x80000000, 1, 0]],
    [0, 96, [0xffffffff, 0xffffffff, 0xffffffff]],
    [32, 64, [0, 0xffffffff, 0]],
  ];
  test.each(rows)('%i to %i', (first, past, words) => {
    const bitmap = new Uint32Array(3);
    setBits(bitmap, first, past);
    expect([...bitmap]).toEqual(words);
  });

  test('leaves other bits as they are', () => {
    const bitmap = Uint32Array.of(1, 0);
    setBits(bitmap, 4, 6);
    expect([...bitmap]).toEqual([0x31, 0]);
  });
});

/** An array whose memory is a file, like a guest's RAM. */
class Ram {
  readonly #memory = new SharedArrayBuffer(PAGES * PAGE + PAGE);
  readonly #fd = createMemoryFile('ram', PAGES * PAGE);
  readonly address: number;
  readonly #view: Uint8Array;

  constructor() {
    const whole = new Uint8Array(this.#memory);
    const start = addressOf(whole);
    this.address = Math.ceil(start / PAGE) * PAGE;
    mapOver(this.address, PAGES * PAGE, this.#fd);
    this.#view = whole.subarray(this.address - start);
  }

  write(page: number): void {
    this.#view[page * PAGE + 17]!++;
  }

  close(): void {
    closeDescriptor(this.#fd);
  }
}

let why: Error | undefined;
const opened: { close(): void }[] = [];
beforeAll(() => {
  const ram = new Ram();
  why = whyNoWriteLog({ address: ram.address, length: PAGE });
  ram.close();
});
afterEach(() => {
  for (const one of opened.splice(0).reverse()) one.close();
});

test('exactly the pages written since the last reading are in the log', ({ skip }) => {
  skip(why !== undefined, `this kernel does not log writes: ${why?.message}`);
  const ram = new Ram();
  const log = new WriteLog(ram.address, PAGES * PAGE);
  const reader = new WriteLogReader('self', ram.address, PAGES * PAGE);
  opened.push(ram, log, reader);
  reader.readAndClear(new Uint32Array(3));
  const rounds = [[3, 4, 31, 32, 95], [], [0, 3]];
  for (const pages of rounds) {
    for (const page of pages) ram.write(page);
    const bitmap = new Uint32Array(3);
    expect(reader.readAndClear(bitmap)).toBe(pages.length);
    const expected = new Uint32Array(3);
    for (const page of pages) expected[page >>> 5]! |= 1 << (page & 31);
    expect(bitmap).toEqual(expected);
  }
});
