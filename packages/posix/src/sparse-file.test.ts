import { closeSync, readSync, statSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryFile, Mapping, sameMemory } from './mapping.js';
import { nextData, nextHole, punchHole } from './sparse-file.js';

const PAGE = 4096;
let fd: number;
beforeEach(() => {
  fd = createMemoryFile('sparse', 16 * PAGE);
});
afterEach(() => closeSync(fd));

const write = (page: number) => writeSync(fd, new Uint8Array(PAGE).fill(7), 0, PAGE, page * PAGE);
const octetOf = (page: number) => {
  const octet = new Uint8Array(1);
  readSync(fd, octet, 0, 1, page * PAGE);
  return octet[0];
};
const blocks = () => statSync(`/proc/self/fd/${fd}`).blocks;

test('data and holes are found from any offset', () => {
  expect([nextData(fd, 0), nextHole(fd, 0)]).toEqual([Infinity, 0]);
  write(3);
  write(4);
  write(15);
  expect([0, 3, 4, 5, 15].map((page) => nextData(fd, page * PAGE) / PAGE)).toEqual([3, 3, 4, 15, 15]);
  expect([0, 3, 4, 5, 15].map((page) => nextHole(fd, page * PAGE) / PAGE)).toEqual([0, 5, 5, 5, 16]);
});

test('a hole reads as zeros, in a mapping, too, and takes no memory', () => {
  const mapping = Mapping.of(fd, 16 * PAGE, 'read');
  const zeros = Mapping.ofMemory('zeros', PAGE);
  try {
    for (const page of [1, 2, 3]) write(page);
    const isZero = (page: number) => sameMemory(mapping.address + page * PAGE, zeros.address, PAGE);
    expect([1, 2, 3].map(isZero)).toEqual([false, false, false]);
    const before = blocks();
    punchHole(fd, 2 * PAGE, PAGE);
    expect([1, 2, 3].map(octetOf)).toEqual([7, 0, 7]);
    expect(blocks()).toBeLessThan(before);
    expect([1, 2, 3].map(isZero)).toEqual([false, true, false]);
  } finally {
    mapping.unmap();
    zeros.unmap();
  }
});

test('where nothing is, a hole changes nothing', () => {
  punchHole(fd, 0, 16 * PAGE);
  expect(blocks()).toBe(0);
  expect(statSync(`/proc/self/fd/${fd}`).size).toBe(16 * PAGE);
});
