import { closeSync, statSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryFile, Mapping } from '@mig/posix';
import { PAGE_SIZE } from '@mig/protocol';
import { makeZeroPages, type Ram, ZeroPageFinder } from './zero-pages.js';

const PAGES = 64;
let ram: Ram;
let finder: ZeroPageFinder | undefined;
beforeEach(() => {
  const descriptor = createMemoryFile('ram', PAGES * PAGE_SIZE);
  const mapping = Mapping.of(descriptor, PAGES * PAGE_SIZE, 'read');
  ram = { descriptor, mapping, pageCount: PAGES };
});
afterEach(() => {
  finder?.close();
  finder = undefined;
  ram.mapping.unmap();
  closeSync(ram.descriptor);
});

/** Writes a page that has zeros but for one octet, or zeros alone. */
function write(pfn: number, at?: number): void {
  const page = new Uint8Array(PAGE_SIZE);
  if (at !== undefined) page[at] = 1;
  writeSync(ram.descriptor, page, 0, PAGE_SIZE, pfn * PAGE_SIZE);
}

function found(pfns: readonly number[]): number[] {
  finder ??= new ZeroPageFinder(ram);
  const zero = new Uint8Array(PAGES).fill(9);
  finder.find(Float64Array.from(pfns), pfns.length, zero);
  return pfns.filter((_, i) => {
    expect(zero[i]).toBeLessThan(2);
    return zero[i] === 1;
  });
}

const all = Array.from({ length: PAGES }, (_, pfn) => pfn);
const blocks = () => statSync(`/proc/self/fd/${ram.descriptor}`).blocks;
const run = (pfn: number, pages: number) =>
  ({ type: 'ZERO_PAGES', pfns: Float64Array.of(pfn), pages: Uint16Array.of(pages) }) as const;

test('memory that was never touched has zeros alone, and is not touched by looking', () => {
  expect(found(all)).toEqual(all);
  expect(blocks()).toBe(0);
});

test('a page with a single octet is none, wherever that is; one that was written with zeros is', () => {
  const octets = [0, 1, 3, 4, 2047, 2048, 2051, 4092, 4095];
  octets.forEach((at, i) => write(2 * i, at));
  write(30);
  const others = octets.map((_, i) => 2 * i);
  expect(found(all)).toEqual(all.filter((pfn) => !others.includes(pfn)));
});

test('what the guest writes between two looks is seen: into a hole, into a page of zeros, and zeros over a page', () => {
  write(1);
  write(2, 0);
  expect(found(all)).toEqual(all.filter((pfn) => pfn !== 2));
  write(40, 5);
  write(1, 7);
  write(2);
  expect(found(all)).toEqual(all.filter((pfn) => pfn !== 40 && pfn !== 1));
  write(39, 1);
  expect(found([38, 39, 40, 41])).toEqual([38, 41]);
});

test('pfns need not be all, nor adjoin', () => {
  for (const pfn of [5, 6, 7, 20, 63]) write(pfn, 1);
  expect(found([0, 5, 7, 8, 19, 20, 21, 62, 63])).toEqual([0, 8, 19, 21, 62]);
  expect(found([63])).toEqual([]);
  expect(found([0])).toEqual([0]);
});

test('pages are made zero: what was there goes, its memory too, and the rest stays', () => {
  for (const pfn of [3, 4, 5, 6]) write(pfn, 9);
  expect(found(all)).toHaveLength(PAGES - 4);
  const before = blocks();
  makeZeroPages(ram, run(4, 2));
  expect(blocks()).toBeLessThan(before);
  finder?.close();
  finder = undefined;
  expect(found(all)).toEqual(all.filter((pfn) => pfn !== 3 && pfn !== 6));
});

test('fresh memory is left as it is', () => {
  makeZeroPages(ram, run(0, PAGES));
  expect(blocks()).toBe(0);
});

test('a run that ends beyond memory is refused, and nothing is changed', () => {
  write(63, 1);
  for (const record of [run(63, 2), run(PAGES, 1), run(2 ** 51, 4096)]) {
    expect(() => makeZeroPages(ram, record)).toThrow(expect.objectContaining({ code: 'bad-guest' }));
  }
  expect(found([63])).toEqual([]);
});
