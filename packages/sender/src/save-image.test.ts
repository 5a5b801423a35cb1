import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import type { PassReport, PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { PrecopyAbortedError } from './errors.js';
import { ModelMemory, Recording } from '@mig/hypervisor/model';
import { saveImage } from './save-image.js';
import { simplePolicy } from './simple-policy.js';

const recordings: Recording[] = [];
afterEach(() => {
  for (const recording of recordings.splice(0)) recording.close();
});

function record(): Recording {
  const recording = new Recording();
  recordings.push(recording);
  return recording;
}

/** Pages of the domain: two full batches and a bit. */
const M = 2100;

/** A guest that writes the pages 0 to `hot` - 1 in every pass. */
function busy(hot: number): ModelMemory {
  const memory = new ModelMemory(M);
  memory.beforeBatch = () => {
    if (memory.calls.includes('suspend')) return;
    for (let pfn = 0; pfn < hot; pfn++) memory.dirty(pfn);
  };
  return memory;
}

const live = { live: true, debug: false };
const H = 100;

const rows: {
  iterations: number;
  threshold: number;
  hot: number;
  passes: [PassReport['kind'], number][];
  reason: string;
}[] = [
  { iterations: 0, threshold: 50, hot: H, passes: [['stop-and-copy', M]], reason: 'iterations' },
  {
    iterations: 1,
    threshold: 50,
    hot: H,
    passes: [['precopy', M], ['stop-and-copy', H]], // prettier-ignore
    reason: 'iterations',
  },
  {
    iterations: 5,
    threshold: 50,
    hot: H,
    passes: [['precopy', M], ['precopy', H], ['precopy', H], ['precopy', H], ['precopy', H], ['stop-and-copy', H]], // prettier-ignore
    reason: 'iterations',
  },
  {
    iterations: 50,
    threshold: 50,
    hot: H,
    passes: [['precopy', M], ...Array.from({ length: 49 }, () => ['precopy', H] as [PassReport['kind'], number]), ['stop-and-copy', H]], // prettier-ignore
    reason: 'iterations',
  },
  {
    iterations: 5,
    threshold: 0,
    hot: 1,
    passes: [['precopy', M], ['precopy', 1], ['precopy', 1], ['precopy', 1], ['precopy', 1], ['stop-and-copy', 1]], // prettier-ignore
    reason: 'iterations',
  },
  {
    iterations: 5,
    threshold: 0,
    hot: 0,
    passes: [['precopy', M], ['stop-and-copy', 0]], // prettier-ignore
    reason: 'threshold',
  },
  {
    // At most 50: the 50th page is within it.
    iterations: 5,
    threshold: 50,
    hot: 50,
    passes: [['precopy', M], ['remainder', 50], ['stop-and-copy', 50]], // prettier-ignore
    reason: 'threshold',
  },
  {
    iterations: 5,
    threshold: 50,
    hot: 51,
    passes: [['precopy', M], ['precopy', 51], ['precopy', 51], ['precopy', 51], ['precopy', 51], ['stop-and-copy', 51]], // prettier-ignore
    reason: 'iterations',
  },
  {
    iterations: 50,
    threshold: 1e9,
    hot: H,
    passes: [['precopy', M], ['remainder', H], ['stop-and-copy', H]], // prettier-ignore
    reason: 'threshold',
  },
];

test.each(rows)('iterations $iterations, threshold $threshold, $hot hot pages: $reason', (row) => {
  const memory = busy(row.hot);
  const recording = record();
  const policy = simplePolicy(row.iterations, row.threshold);
  const report = saveImage(memory, recording.output, { ...live, policy });

  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual(row.passes);
  expect(report.precopyEnd.code).toBe(row.reason);
  const received = new Uint32Array(M);
  recording.events(received);
  expect(received).toEqual(memory.versions);
  expect(memory.logDirty).toBe(false);
});

test('the octets stay near M + (iterations - 1) x H', () => {
  const octets = (iterations: number) => {
    const recording = record();
    return saveImage(busy(H), recording.output, { ...live, policy: simplePolicy(iterations, 0) }).octets;
  };
  const one = octets(1);
  expect((octets(11) - one) / (10 * H * 4096)).toBeCloseTo(1, 2);
});

test('not live: suspended first, no log, everything sent once', () => {
  const memory = new ModelMemory(M);
  const recording = record();
  const report = saveImage(memory, recording.output, { live: false, debug: false, policy: simplePolicy() });
  expect(memory.calls).toEqual(['suspend']);
  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([['stop-and-copy', M]]);
  expect(report.precopyEnd.code).toBe('not-live');
});

test("records come in stock's order; holes are named but have no octets", () => {
  const memory = new ModelMemory(M);
  memory.holes.add(7).add(2099);
  const recording = record();
  const report = saveImage(memory, recording.output, { live: true, debug: true, policy: simplePolicy(1) });
  const received = new Uint32Array(M);
  const events = recording.events(received);
  expect(events.map((event) => (event.kind === 'record' ? event.record.type : event.kind))).toEqual([
    ...['image-header', 'domain-header', 'STATIC_DATA_END', 'pages', 'pages', 'pages'],
    ...['VERIFY', 'pages', 'pages', 'pages', 'X86_TSC_INFO', 'END'],
  ]);
  expect(report.passes.map(({ kind, dirtyPages, sentPages }) => [kind, dirtyPages, sentPages])).toEqual([
    ['precopy', M, M - 2],
    ['stop-and-copy', 0, 0],
    ['verify', M, M - 2],
  ]);
  expect(received[7]).toBe(0);
});

test('an abort leaves the guest running and log-dirty off', () => {
  const memory = busy(H);
  const policy: PrecopyPolicy = ({ iteration }) =>
    iteration < 2
      ? { decision: 'continue-precopy' }
      : { decision: 'abort', reason: { code: 'test', sentence: 'enough' } };
  expect(() => saveImage(memory, record().output, { ...live, policy })).toThrow(PrecopyAbortedError);
  expect(memory.calls).toEqual(['enable', 'clean', 'disable']);
});

test('what the output throws comes through, with log-dirty off even if that fails too', () => {
  const memory = busy(H);
  memory.beforeBatch = () => {
    throw new Error('the line is cut');
  };
  memory.disableLogDirty = () => {
    memory.calls.push('disable');
    throw new Error('and the domain has died');
  };
  expect(() => saveImage(memory, record().output, { ...live, policy: simplePolicy() })).toThrow(
    'the line is cut',
  );
  expect(memory.calls.at(-1)).toBe('disable');
});

test('the policy is asked at the points DESIGN names, with figures that fit', () => {
  let now = 0;
  const asked: PrecopyStats[] = [];
  const memory = busy(H);
  const write = memory.writePages.bind(memory);
  memory.writePages = (...parameters) => {
    now += 10;
    write(...parameters);
  };
  const policy: PrecopyPolicy = (stats) => {
    asked.push(stats);
    return simplePolicy(2, 0)(stats);
  };
  saveImage(memory, record().output, { ...live, policy, clock: () => now });
  expect(
    asked.map((s) => [s.point, s.iteration, s.dirtyCount, s.totalWritten, s.elapsedMilliseconds]),
  ).toEqual([
    ['dirty-count-known', 0, M, 0, 0],
    ['between-batches', 0, undefined, 1024, 10],
    ['between-batches', 0, undefined, 2048, 20],
    ['pass-finished', 1, undefined, M, 30],
    ['dirty-count-known', 1, H, M, 30],
    ['pass-finished', 2, undefined, M + H, 40],
  ]);
  const known = asked[4]!;
  expect(known.sendRate).toBeCloseTo(M / 0.03);
  expect(known.dirtyRate).toBeCloseTo(H / 0.03);
  expect(known.estimatedDowntime).toBeCloseTo((H / known.sendRate!) * 1000);
});

test('whatever the guest writes and wherever the policy stops, the target ends with the same memory', () => {
  const scenario = fc.record({
    pageCount: fc.integer({ min: 1, max: 3000 }),
    writes: fc.array(fc.array(fc.nat(2999), { maxLength: 40 }), { maxLength: 12 }),
    stopAt: fc.nat(14),
    debug: fc.boolean(),
  });
  fc.assert(
    fc.property(scenario, ({ pageCount, writes, stopAt, debug }) => {
      const memory = new ModelMemory(pageCount);
      const left = [...writes];
      memory.beforeBatch = () => {
        if (memory.calls.includes('suspend')) return;
        for (const pfn of left.shift() ?? []) if (pfn < pageCount) memory.dirty(pfn);
      };
      let asked = 0;
      const policy: PrecopyPolicy = () =>
        asked++ < stopAt
          ? { decision: 'continue-precopy' }
          : { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'now' } };
      const recording = new Recording();
      try {
        const report = saveImage(memory, recording.output, { live: true, debug, policy });
        const received = new Uint32Array(pageCount);
        recording.events(received);
        expect(received).toEqual(memory.versions);
        expect(report.octets).toBe(recording.output.octets);
        expect(memory.logDirty).toBe(false);
      } finally {
        recording.close();
      }
    }),
    { seed: 2, numRuns: 60 },
  );
});
