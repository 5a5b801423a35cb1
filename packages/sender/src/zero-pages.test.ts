/** Pages of zeros on their way: what is sent by pfns alone, when, and what arrives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Memory } from '@mig/hypervisor';
import { ModelMemory, Recording } from '@mig/hypervisor/model';
import { type ImageEvent, PAGE_OCTETS } from '@mig/protocol';
import type { ExtensionFeatures } from '@mig/protocol/handshake';
import { savedImage } from './extension-image.test-support.js';
import { saveImage, type SaveImageOptions } from './save-image.js';
import { simplePolicy } from './policies/index.js';

/** Two full batches and a bit. */
const PAGES = 2100;
const offered: ExtensionFeatures = new Set(['zero-pages']);
const nothing: ExtensionFeatures = new Set();

function saved(memory: Memory, options: Partial<SaveImageOptions> = {}) {
  return savedImage(memory, { features: () => offered, ...options });
}

const zeroRecords = (events: readonly ImageEvent[]) =>
  events.flatMap((event) =>
    event.kind === 'record' && event.record.type === 'ZERO_PAGES' ? [event.record] : [],
  );

/** A memory of which the pages from `first` up to `past` are zero. */
function partlyZero(first: number, past: number): ModelMemory {
  const memory = new ModelMemory(PAGES);
  memory.versions.fill(0, first, past);
  return memory;
}

test('pages of zeros are sent as runs, without their octets, and counted', () => {
  const memory = partlyZero(100, 2000);
  const { report, versions, events, octets } = saved(memory);
  expect(versions).toEqual(memory.versions);
  expect(zeroRecords(events).map(({ pfns, pages }) => [[...pfns], [...pages]])).toEqual([
    [[100], [924]],
    [[1024], [976]],
  ]);
  expect(report.passes[0]).toMatchObject({
    kind: 'precopy',
    dirtyPages: PAGES,
    sentPages: 200,
    zeroPages: 1900,
  });
  expect(report.passes[1]).not.toHaveProperty('zeroPages');
  expect(octets.length).toBeLessThan(201 * PAGE_OCTETS);
});

test.each([
  ['until the target offers it', nothing],
  ['where nothing can be offered', undefined],
])('%s, the octets are those without the extension', (_, features) => {
  const memory = () => partlyZero(100, 2000);
  const plain = new Recording();
  saveImage(memory(), plain.output, { policy: simplePolicy(1) });
  const recording = new Recording();
  const report = saveImage(memory(), recording.output, {
    policy: simplePolicy(1),
    features: features && (() => features),
  });
  expect(Buffer.compare(recording.output.contents(), plain.output.contents())).toBe(0);
  expect(report.passes.every((pass) => !('zeroPages' in pass))).toBe(true);
});

test('a memory that cannot tell sends its pages', () => {
  const memory = partlyZero(0, PAGES);
  const { events, versions } = saved(Object.assign(memory, { findZeroPages: undefined }));
  expect(zeroRecords(events)).toEqual([]);
  expect(versions).toEqual(memory.versions);
});

test('from the batch on that follows the offer', () => {
  let looks = 0;
  const { events, versions } = saved(partlyZero(0, PAGES), {
    features: () => (++looks > 1 ? offered : nothing),
  });
  expect(zeroRecords(events).map(({ pfns }) => pfns[0])).toEqual([1024, 2048]);
  expect(versions).toEqual(new Uint32Array(PAGES));
});

test('a page that was sent with content and is cleared is sent as zeros after that', () => {
  const memory = partlyZero(0, 0);
  let batches = 0;
  memory.beforeBatch = () => {
    // In the second batch: these pages have been sent.
    if (++batches === 2) for (const pfn of [3, 5, 6]) memory.clear(pfn);
  };
  const { events, versions } = saved(memory);
  expect(zeroRecords(events).map(({ pfns, pages }) => [[...pfns], [...pages]])).toEqual([
    [
      [3, 5],
      [1, 2],
    ],
  ]);
  expect([versions[3], versions[4], versions[5], versions[6]]).toEqual([0, 1, 0, 0]);
  expect(versions).toEqual(memory.versions);
});

test('holes are no pages of zeros', () => {
  const memory = partlyZero(0, PAGES);
  memory.holes.add(7);
  const { versions } = saved(memory);
  expect(versions[7]).toBe(0xdead);
  expect(versions.filter((version) => version === 0)).toHaveLength(PAGES - 1);
});

test('a verifying pass sends every page with its octets', () => {
  const { report, events } = saved(partlyZero(0, PAGES), { debug: true });
  expect(report.passes.at(-1)).toMatchObject({ kind: 'verify', sentPages: PAGES });
  expect(report.passes.at(-1)).not.toHaveProperty('zeroPages');
  const verify = events.findIndex((event) => event.kind === 'record' && event.record.type === 'VERIFY');
  expect(zeroRecords(events.slice(verify))).toEqual([]);
});

test('a pass of zeros alone tells the policy nothing of the rate', () => {
  const rates: unknown[] = [];
  saved(partlyZero(0, PAGES), {
    onEvent: (event) => {
      if (event.kind === 'consulted') rates.push(event.stats.sendRate);
    },
  });
  expect(new Set(rates)).toEqual(new Set([undefined]));
});

describe('whatever a guest writes and clears, and whenever the offer comes', () => {
  const act = fc.record({ batch: fc.nat(8), pfn: fc.nat(PAGES - 1), clears: fc.boolean() });

  test('what arrives is what the guest has at last', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 200 }),
        fc.nat(6),
        fc.uniqueArray(fc.nat(PAGES - 1), { maxLength: 50 }),
        fc.nat(4),
        (acts, offeredAt, zeros, iterations) => {
          const memory = new ModelMemory(PAGES);
          for (const pfn of zeros) memory.versions[pfn] = 0;
          let batches = 0;
          memory.beforeBatch = () => {
            batches++;
            if (memory.calls.includes('suspend')) return;
            for (const { batch, pfn, clears } of acts) {
              if (batch !== batches) continue;
              if (clears) memory.clear(pfn);
              else memory.dirty(pfn);
            }
          };
          let looks = 0;
          const features = () => (looks++ >= offeredAt ? offered : nothing);
          const { versions } = saved(memory, { policy: simplePolicy(iterations, 0), features });
          expect(versions).toEqual(memory.versions);
        },
      ),
      { numRuns: 60, seed: 20140602 },
    );
  });
});
