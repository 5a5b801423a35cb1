import { randomBytes } from 'node:crypto';
import { closeSync, readSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError, type PageCompressor } from '@mig/hypervisor';
import { createMemoryFile, Mapping } from '@mig/posix';
import { PAGE_SIZE, type ZstdPagesRecord } from '@mig/protocol';
import { openCompressor, PageDecompressor } from './compressed-pages.js';
import type { Ram } from './zero-pages.js';

const PAGES = 128;
let from: Ram;
let to: Ram;
let compressor: PageCompressor;
let decompressor: PageDecompressor;

function newRam(): Ram {
  const descriptor = createMemoryFile('ram', PAGES * PAGE_SIZE);
  return { descriptor, mapping: Mapping.of(descriptor, PAGES * PAGE_SIZE, 'write'), pageCount: PAGES };
}

beforeEach(() => {
  [from, to] = [newRam(), newRam()];
  compressor = openCompressor(from)!;
  decompressor = new PageDecompressor(to);
});
afterEach(() => {
  compressor.close();
  decompressor.close();
  for (const { mapping, descriptor } of [from, to]) {
    mapping.unmap();
    closeSync(descriptor);
  }
});

/** Fills a page with that octet, and its pfn. */
function write(pfn: number, octet: number): void {
  const page = Buffer.alloc(PAGE_SIZE, octet);
  page.writeUInt32LE(pfn);
  writeSync(from.descriptor, page, 0, PAGE_SIZE, pfn * PAGE_SIZE);
}

function page({ descriptor }: Ram, pfn: number): Buffer {
  const octets = Buffer.alloc(PAGE_SIZE);
  readSync(descriptor, octets, 0, PAGE_SIZE, pfn * PAGE_SIZE);
  return octets;
}

function recordOf(pfns: readonly number[]): ZstdPagesRecord {
  const list = Float64Array.from([99, ...pfns]);
  compressor.begin(list, 1, pfns.length, 3);
  const { output, frameLength } = compressor.finish();
  const types = new Uint8Array(pfns.length);
  return { type: 'ZSTD_PAGES', pfns: list.slice(1), types, frame: output.slice(0, frameLength) };
}

test('any pages come back in their places, and no others change', () => {
  const lists = fc.uniqueArray(fc.nat(PAGES - 1), { minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(lists, fc.integer({ min: 1, max: 255 }), (pfns, octet) => {
      for (const pfn of pfns) write(pfn, octet);
      const untouched = Array.from({ length: PAGES }, (_, pfn) => pfn).filter((pfn) => !pfns.includes(pfn));
      const before = untouched.map((pfn) => page(to, pfn));
      decompressor.put(recordOf(pfns));
      for (const pfn of pfns) expect(Buffer.compare(page(to, pfn), page(from, pfn))).toBe(0);
      untouched.forEach((pfn, i) => expect(Buffer.compare(page(to, pfn), before[i]!)).toBe(0));
    }),
    { numRuns: 40, seed: 20140602 },
  );
}, 150_000);

test('a page is sent as it was when its run was begun', () => {
  write(5, 1);
  compressor.begin(Float64Array.of(5), 0, 1, 19);
  write(5, 2);
  const { input, output, frameLength } = compressor.finish();
  expect(input[100]).toBe(1);
  const record = { pfns: Float64Array.of(5), types: Uint8Array.of(0), frame: output.slice(0, frameLength) };
  decompressor.put({ type: 'ZSTD_PAGES', ...record });
  expect(page(to, 5)[100]).toBe(1);
}, 150_000);

test('of a damaged frame no page is put, and the domain is to blame', () => {
  for (let pfn = 0; pfn < 8; pfn++) write(pfn, pfn);
  const { frame, ...rest } = recordOf([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const bad of [frame.map((octet, i) => (i === frame.length - 1 ? octet ^ 1 : octet)), frame.subarray(1), randomBytes(50)]) {
    expect(() => decompressor.put({ ...rest, frame: bad })).toThrow(
      expect.objectContaining({ code: 'bad-guest', message: expect.stringContaining('the frame is damaged') as string }),
    );
  }
  expect(() => decompressor.put({ ...rest, pfns: Float64Array.of(1), frame })).toThrow(HostError);
  for (let pfn = 0; pfn < 8; pfn++) expect(page(to, pfn)).toEqual(Buffer.alloc(PAGE_SIZE));
}, 150_000); // prettier-ignore

test('pages beyond memory are compressed by nobody', () => {
  expect(() => compressor.begin(Float64Array.of(PAGES), 0, 1, 1)).toThrow(HostError);
  expect(compressor.pending).toBe(0);
});
