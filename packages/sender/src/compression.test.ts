/** Pages that are sent compressed: which, when, and what arrives. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Memory } from '@mig/hypervisor';
import { ModelMemory } from '@mig/hypervisor/model';
import type { ImageEvent } from '@mig/protocol';
import type { ExtensionFeatures } from '@mig/protocol/handshake';
import { savedImage } from './extension-image.test-support.js';
import type { SaveImageOptions } from './save-image.js';

/** A full batch and a bit. */
const PAGES = 1100;
/** The model takes versions from here on for pages that do not get shorter. */
const RANDOM = 0x80000000;
const offered: ExtensionFeatures = new Set(['zstd', 'zero-pages']);
const nothing: ExtensionFeatures = new Set();

function saved(memory: Memory, options: Partial<SaveImageOptions> = {}) {
  return savedImage(memory, { features: () => offered, compress: 3, ...options });
}

/** The pages of each record, in order. */
const records = (events: readonly ImageEvent[]) =>
  events.flatMap((event) => {
    if (event.kind === 'pages') return [`plain ${event.count}`];
    if (event.kind !== 'record') return [];
    const { record } = event;
    if (record.type === 'ZSTD_PAGES') return [`compressed ${record.pfns.length}`];
    return record.type === 'ZERO_PAGES' ? [`zero ${record.pages.reduce((sum, each) => sum + each, 0)}`] : [];
  });

test('pages go in runs of 64, each a record, and are counted', () => {
  const memory = new ModelMemory(PAGES);
  const { report, versions, events, octets } = saved(memory);
  expect(versions).toEqual(memory.versions);
  // A batch has 1024 pages.
  const full = new Array<string>(16).fill('compressed 64');
  expect(records(events)).toEqual([...full, 'compressed 64', 'compressed 12']);
  const [pass] = report.passes;
  expect(pass).toMatchObject({
    sentPages: PAGES,
    dirtyPages: PAGES,
    compressedPages: PAGES,
    compressionLevel: 3,
  });
  expect(pass!.octets + pass!.octetsSavedByCompression!).toBe(PAGES * 4104);
  expect(octets.length).toBeLessThan(PAGES * 30);
  expect(report.lineRate).toBeUndefined();
  expect(memory.calls).toContain('compressor closed');
});

test.each<[string, Partial<SaveImageOptions>]>([
  ['until the target offers it', { features: () => nothing }],
  ['where nothing can be offered', { features: undefined }],
  ['where nobody asks for it', { compress: undefined }],
])('%s, the octets are those without, and no thread starts', (_, options) => {
  const plain = saved(new ModelMemory(PAGES), { compress: undefined, features: undefined });
  const memory = new ModelMemory(PAGES);
  const { octets, report } = saved(memory, options);
  expect(Buffer.compare(octets, plain.octets)).toBe(0);
  expect(report.passes.every((pass) => !('compressedPages' in pass))).toBe(true);
  expect(memory.calls).not.toContain('compressor');
});

test.each([
  ['has no compressor', { openCompressor: undefined }],
  ['cannot open one', { openCompressor: () => undefined }],
])('a memory that %s sends its pages as they are', (_, without) => {
  const memory = Object.assign(new ModelMemory(PAGES), without);
  const { events, versions } = saved(memory);
  expect(records(events)).toEqual(['plain 1024', 'plain 76']);
  expect(versions).toEqual(memory.versions);
});

test('a run that gets no shorter goes as it is', () => {
  const memory = new ModelMemory(200);
  memory.versions[70] = RANDOM;
  const { events, versions, report } = saved(memory);
  expect(records(events)).toEqual(['compressed 64', 'plain 64', 'compressed 64', 'compressed 8']);
  expect(versions).toEqual(memory.versions);
  expect(report.passes[0]).toMatchObject({ sentPages: 200, compressedPages: 136 });
});

test('holes go as they are, in their order, and pages of zeros before all', () => {
  const memory = new ModelMemory(100);
  for (const pfn of [10, 11, 50, 99]) memory.holes.add(pfn);
  memory.versions.fill(0, 20, 30);
  const { events, versions } = saved(memory);
  expect(records(events)).toEqual(['zero 10', 'compressed 10', 'plain 2', 'compressed 28', 'plain 1', 'compressed 48', 'plain 1']); // prettier-ignore
  for (const pfn of memory.holes) versions[pfn] = 1;
  expect(versions).toEqual(memory.versions);
});

test('a verifying pass sends every page with its octets', () => {
  const { report, events } = saved(new ModelMemory(100), { debug: true });
  expect(report.passes.at(-1)).toMatchObject({ kind: 'verify', sentPages: 100 });
  expect(report.passes.at(-1)).not.toHaveProperty('compressedPages');
  expect(records(events).at(-1)).toBe('plain 100');
});

test('the threads end with a save that fails', () => {
  const memory = new ModelMemory(PAGES);
  expect(() =>
    saved(memory, {
      onEvent: ({ kind }) => {
        if (kind === 'suspended') throw new Error('the target is gone');
      },
    }),
  ).toThrow('the target is gone');
  expect(memory.calls).toContain('compressor closed');
});

test('a bandwidth limit holds for the octets that are sent, and cuts the runs', () => {
  let now = 0;
  const clock = () => (now += 0.01);
  const { events, versions } = saved(new ModelMemory(100), {
    clock,
    bandwidth: () => ({ octetsPerSecond: 100_000, always: true }),
  });
  expect(records(events)).toEqual([...new Array<string>(6).fill('compressed 16'), 'compressed 4']);
  expect(versions).toEqual(new ModelMemory(100).versions);
});

describe('whatever a guest writes, whenever the offer comes, and wherever the policy cuts a pass short', () => {
  const act = fc.record({
    run: fc.nat(60),
    pfn: fc.nat(PAGES - 1),
    becomes: fc.constantFrom('zero', 'random', 'other'),
  });

  test('what arrives is what the guest has at last', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), fc.nat(4), fc.nat(40), fc.constantFrom(1, 'auto' as const), (acts, offeredAt, cutAt, compress) => {
        const memory = new ModelMemory(PAGES);
        let runs = 0;
        memory.beforeBatch = () => {
          runs++;
          if (memory.calls.includes('suspend')) return;
          for (const { run, pfn, becomes } of acts) {
            if (run !== runs) continue;
            if (becomes === 'zero') memory.clear(pfn);
            else memory.dirty(pfn);
            if (becomes === 'random') memory.versions[pfn] = RANDOM + runs;
          }
        };
        let looks = 0;
        let asked = 0;
        const { versions } = saved(memory, {
          compress,
          features: () => (looks++ >= offeredAt ? offered : nothing),
          policy: ({ point, iteration }) => {
            const ends = iteration >= 3 || (point === 'between-batches' && asked++ === cutAt);
            return ends ? { decision: 'stop-and-copy', reason: { code: 'operator', sentence: 'now' } } : { decision: 'continue-precopy' };
          },
        });
        expect(versions).toEqual(memory.versions);
      }),
      { numRuns: 60, seed: 20140602 },
    );
  }); // prettier-ignore
});
