import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { PassReport, PrecopyDecision, PrecopyPolicy, PrecopyStats, SaveEvent } from '@mig/hypervisor';
import {
  blockingPipe,
  closeDescriptor,
  type Deadline,
  Output,
  pipe,
  setNonBlocking,
  TimeoutError,
} from '@mig/posix';
import { PrecopyAbortedError } from './errors.js';
import { ModelMemory, Recording } from '@mig/hypervisor/model';
import { saveImage, type SaveImageOptions } from './save-image.js';
import { policyFor, simplePolicy } from './policies/index.js';

/** Makes a clock on which everything takes very long: no write exceeds any bandwidth. */
function endless(): () => number {
  let now = 0;
  return () => (now += 1e6);
}

/** Number of pages of the domain: two full batches and a bit. */
const M = 2100;

/** Makes a guest that writes the pages 0 to `hot` - 1 in every pass. */
function busy(hot: number): ModelMemory {
  const memory = new ModelMemory(M);
  memory.beforeBatch = () => {
    if (memory.calls.includes('suspend')) return;
    for (let pfn = 0; pfn < hot; pfn++) memory.dirty(pfn);
  };
  return memory;
}

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
    // At most 50: 50 pages are within it.
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
  const recording = new Recording();
  const policy = simplePolicy(row.iterations, row.threshold);
  const report = saveImage(memory, recording.output, { policy });

  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual(row.passes);
  expect(report.precopyEnd.code).toBe(row.reason);
  const received = new Uint32Array(M);
  recording.events(received);
  expect(received).toEqual(memory.versions);
  expect(memory.logDirty).toBe(false);
});

test('the octets stay near M + (iterations - 1) x H', () => {
  const octets = (iterations: number) => {
    const recording = new Recording();
    return saveImage(busy(H), recording.output, { policy: simplePolicy(iterations, 0) }).octets;
  };
  const one = octets(1);
  expect((octets(11) - one) / (10 * H * 4096)).toBeCloseTo(1, 2);
});

test('not live: suspended first, no log, everything sent once', () => {
  const memory = new ModelMemory(M);
  const recording = new Recording();
  const report = saveImage(memory, recording.output, { live: false, policy: simplePolicy() });
  expect(memory.calls).toEqual(['suspend']);
  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([['stop-and-copy', M]]);
  expect(report.precopyEnd.code).toBe('not-live');
});

test("records come in stock's order; holes are named but have no octets", () => {
  const memory = new ModelMemory(M);
  memory.holes.add(7).add(2099);
  const recording = new Recording();
  const report = saveImage(memory, recording.output, { debug: true, policy: simplePolicy(1) });
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
  expect(() => saveImage(memory, new Recording().output, { policy })).toThrow(PrecopyAbortedError);
  expect(memory.calls).toEqual(['enable', 'clean', 'disable']);
});

test('a log that cannot be turned off is no reason against an image that is whole', () => {
  const memory = busy(H);
  const broken = new Error('the device model does not answer');
  memory.disableLogDirty = () => {
    throw broken;
  };
  const said: string[] = [];
  const onEvent = (event: SaveEvent) => {
    if (event.kind === 'note') said.push(event.text);
  };
  const recording = new Recording();
  const report = saveImage(memory, recording.output, { policy: simplePolicy(), onEvent });
  expect(report.octets).toBe(recording.output.octets);
  expect(said).toEqual([`log-dirty is left on: ${broken.message}`]);
});

test('log-dirty goes off when the whole image has been written', () => {
  const memory = busy(H);
  const recording = new Recording();
  const disable = memory.disableLogDirty.bind(memory);
  let sent = 0;
  memory.disableLogDirty = () => {
    sent = recording.output.octets;
    disable();
  };
  const report = saveImage(memory, recording.output, { policy: simplePolicy() });
  expect(sent).toBe(report.octets);
});

test('what is decided stays so: no limit aborts while the remainder is sent', () => {
  const memory = busy(1500);
  const aborted = { code: 'timeout', sentence: 'too late' };
  const policy: PrecopyPolicy = ({ iteration, point }) => {
    if (iteration === 0) return { decision: 'continue-precopy' };
    return point === 'dirty-count-known'
      ? { decision: 'stop-and-copy', reason: { code: 'enough', sentence: 'enough' } }
      : point === 'between-batches'
        ? { decision: 'abort', reason: aborted }
        : { decision: 'continue-precopy' };
  };
  const report = saveImage(memory, new Recording().output, { policy });
  expect(report.precopyEnd.code).toBe('enough');
  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([
    ['precopy', M],
    ['remainder', 1500],
    ['stop-and-copy', 1500],
  ]);
});

describe('while a write waits for a target that takes nothing', () => {
  const outputs: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of outputs.splice(0)) await close();
  });

  /** Makes a pipe of 16 pages. @returns its end, and a function that starts reading the other end */
  function stalled(milliseconds = 10_000): { output: Output; read: () => void } {
    const { readEnd, writeEnd } = blockingPipe(65536);
    setNonBlocking(writeEnd);
    const timeout = { what: 'nothing was taken', milliseconds };
    const output = new Output(writeEnd, { subject: 'the stream', timeout });
    outputs.push(() => closeDescriptor(readEnd));
    const close = () => output.close();
    outputs.unshift(close);
    const read = () => {
      const reader = spawn('cat', { stdio: [readEnd, 'ignore', 'inherit'] });
      outputs.push(() => once(reader, 'exit'));
    };
    return { output, read };
  }

  const abort = (code: string) => ({ decision: 'abort', reason: { code, sentence: code } }) as const;
  const stop = { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } } as const;
  const goOn = { decision: 'continue-precopy' } as const;

  test('the policy is asked again and again, and may abort', () => {
    const memory = busy(H);
    const asked: PrecopyStats[] = [];
    const policy: PrecopyPolicy = (stats) => (asked.push(stats) < 4 ? goOn : abort('test'));
    expect(() => saveImage(memory, stalled().output, { policy })).toThrow(PrecopyAbortedError);
    expect(asked.map(({ point, dirtyCount }) => [point, dirtyCount])).toEqual([
      ['dirty-count-known', M],
      ...Array.from({ length: 3 }, () => ['between-batches', undefined]),
    ]);
    expect(asked[3]!.elapsedMilliseconds).toBeGreaterThan(asked[2]!.elapsedMilliseconds);
    expect(memory.calls).toEqual(['enable', 'disable']);
  });

  test('a stop that it decides is done once the write is, whatever it would say then', () => {
    const memory = busy(0);
    const { output, read } = stalled();
    let asked = 0;
    const policy: PrecopyPolicy = () => (++asked === 2 ? stop : goOn);
    const onEvent = ({ kind }: SaveEvent) => {
      if (kind === 'consulted' && asked === 2) read();
    };
    const report = saveImage(memory, output, { policy, onEvent });
    expect(asked).toBe(2);
    expect(report.precopyEnd.code).toBe('test');
    expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([
      ['precopy', 1024],
      ['stop-and-copy', M - 1024],
    ]);
    expect(output.whileWaiting).toBeUndefined();
  });

  test('so is one in the last write of a pass', () => {
    const memory = new ModelMemory(100);
    const { output, read } = stalled();
    let asked = 0;
    const policy: PrecopyPolicy = () => (++asked === 2 ? stop : goOn);
    const onEvent = ({ kind }: SaveEvent) => {
      if (kind === 'consulted' && asked === 2) read();
    };
    const report = saveImage(memory, output, { policy, onEvent });
    expect(report.precopyEnd.code).toBe('test');
    expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([
      ['precopy', 100],
      ['stop-and-copy', 0],
    ]);
  });

  test('a pause that a bandwidth asks for is a wait as well', () => {
    const memory = busy(0);
    let asked = 0;
    const policy: PrecopyPolicy = () => (++asked < 4 ? goOn : abort('test'));
    // One page per hour.
    const bandwidth = () => ({ octetsPerSecond: 1, always: false });
    expect(() => saveImage(memory, new Recording().output, { policy, bandwidth })).toThrow('test');
    expect(memory.calls).toEqual(['enable', 'disable']);
  });

  describe('of the remainder', () => {
    /** Makes a migration whose first pass fits into the pipe, while the remainder does not. */
    function inRemainder(answer: PrecopyDecision): () => unknown {
      const memory = new ModelMemory(10);
      memory.beforeBatch = () => {
        for (let pfn = 0; pfn < 10; pfn++) memory.dirty(pfn);
      };
      const policy: PrecopyPolicy = ({ iteration, point }) => {
        if (iteration === 0 || point === 'pass-finished') return goOn;
        return point === 'dirty-count-known' ? stop : answer;
      };
      return () => saveImage(memory, stalled(2000).output, { policy });
    }

    test('an abort is heeded, since that will not be over in a moment', () => {
      expect(inRemainder(abort('timeout'))).toThrow(PrecopyAbortedError);
    });

    test('but a domain that has reached its goal is not called busy', () => {
      expect(inRemainder(abort('busy'))).toThrow(TimeoutError);
    });
  });
});

describe('a stop-and-copy', () => {
  /** @returns the deadline of the output before each batch */
  function deadlines(options: Partial<SaveImageOptions>): (Deadline | undefined)[] {
    const recording = new Recording();
    const seen: (Deadline | undefined)[] = [];
    const memory = busy(H);
    const run = memory.beforeBatch;
    memory.beforeBatch = () => {
      seen.push(recording.output.deadline);
      run();
    };
    saveImage(memory, recording.output, { policy: simplePolicy(1), ...options });
    return seen;
  }

  test('is to be over in time, of which the live passes have no part', () => {
    const before = performance.now();
    const [first, second, third, rest, ...more] = deadlines({ stopAndCopyTimeout: 5000 });
    expect([first, second, third, more]).toEqual([undefined, undefined, undefined, []]);
    expect(rest).toMatchObject({
      what: 'the rest of the suspended domain was not taken',
      milliseconds: 5000,
    });
    expect(rest!.at - before).toBeGreaterThan(5000);
  });

  test('has its time from what is to be sent, and how fast that went, where nobody says it', () => {
    // M pages in 2.1 s are 4.1 MB/s: H pages take a tenth of a second, all of memory two more.
    let now = 0;
    const memory = busy(H);
    const write = memory.writePages.bind(memory);
    memory.writePages = (output, pfns, count) => {
      now += count;
      write(output, pfns, count);
    };
    const recording = new Recording();
    const clock = () => now;
    saveImage(memory, recording.output, { debug: true, policy: simplePolicy(1), clock });
    expect(recording.output.deadline?.milliseconds).toBe(60_000 + 10 * (100 + 2100));
  });

  test('ends at its deadline, whatever timeout there is, also where it is not live', () => {
    const { readEnd, writeEnd } = pipe(65536);
    const output = new Output(writeEnd, { subject: 'the stream' });
    try {
      const options = { live: false, policy: simplePolicy(), stopAndCopyTimeout: 1 };
      expect(() => saveImage(busy(0), output, options)).toThrow(
        'the rest of the suspended domain was not taken within 0.001 s',
      );
    } finally {
      output.close();
      closeDescriptor(readEnd);
    }
  });
});

test('what is dirty when a goal is met is sent live once more, and the policy may cut that short', () => {
  const memory = busy(1500);
  const policy: PrecopyPolicy = ({ iteration, point }) => {
    const decision = { decision: 'stop-and-copy', reason: { code: point, sentence: point } } as const;
    return iteration === 0 || point === 'pass-finished' ? { decision: 'continue-precopy' } : decision;
  };
  const report = saveImage(memory, new Recording().output, { policy });
  // The reason for the end of precopy is the first decision.
  expect(report.precopyEnd.code).toBe('dirty-count-known');
  expect(report.passes.map(({ kind, dirtyPages, sentPages }) => [kind, dirtyPages, sentPages])).toEqual([
    ['precopy', M, M],
    ['remainder', 1500, 1024],
    // The pages that were not sent, and those that the guest has written meanwhile.
    ['stop-and-copy', 1500, 1500],
  ]);
});

test.each(['pass-finished', 'between-batches'] as const)(
  'a policy that ends precopy at %s has nothing more sent live',
  (where) => {
    const policy: PrecopyPolicy = ({ point }) =>
      point === where
        ? { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } }
        : { decision: 'continue-precopy' };
    const { passes } = saveImage(busy(H), new Recording().output, { policy });
    expect(passes.map(({ kind }) => kind)).toEqual(['precopy', 'stop-and-copy']);
  },
);

test('a timeout counts from the beginning of the live passes, and leaves what is not sent to the suspended domain', () => {
  let now = 5000;
  const memory = busy(0);
  const write = memory.writePages.bind(memory);
  memory.writePages = (...parameters) => {
    now += 1000;
    write(...parameters);
  };
  const recording = new Recording();
  const clock = () => now;
  const report = saveImage(memory, recording.output, {
    policy: policyFor({ timeout: 1500 }),
    clock,
  });
  expect(report.precopyEnd.code).toBe('timeout');
  // After the second write, each of 1024 pages: 4 MiB.
  expect(report.passes.map(({ kind, sentPages }) => [kind, sentPages])).toEqual([
    ['precopy', 2048],
    ['stop-and-copy', M - 2048],
  ]);
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
  expect(() => saveImage(memory, new Recording().output, { policy: simplePolicy() })).toThrow(
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
  saveImage(memory, new Recording().output, { policy, suspendCost: 40, clock: () => now });
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
  // The rate of the last slices; older ones weigh less.
  const [decay1, decay2] = [Math.exp(-1024 / 8192), Math.exp(-(M - 2048) / 8192)];
  const recentPages = (1024 * decay1 + 1024) * decay2 + M - 2048;
  expect(known.sendRate).toBeCloseTo(recentPages / ((0.01 * decay1 + 0.01) * decay2 + 0.01));
  expect(known.dirtyRate).toBeCloseTo(H / 0.03);
  expect(known.estimatedDowntime).toBeCloseTo((H / known.sendRate!) * 1000 + 40);
  expect(known.dirtyCounts).toEqual([H]);
});

test('within a bandwidth the writes are small, and the policy is asked after each', () => {
  const memory = busy(0);
  const points: string[] = [];
  const policy: PrecopyPolicy = ({ point, totalWritten }) => {
    points.push(point);
    return point === 'between-batches' && totalWritten >= 100
      ? { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } }
      : { decision: 'continue-precopy' };
  };
  const recording = new Recording();
  // 50 pages in 10 ms.
  const bandwidth = () => ({ octetsPerSecond: 50 * 4096 * 100, always: false });
  const report = saveImage(memory, recording.output, { policy, bandwidth });
  expect(points).toEqual(['dirty-count-known', 'between-batches', 'between-batches']);
  expect(report.passes.map(({ kind, dirtyPages, sentPages }) => [kind, dirtyPages, sentPages])).toEqual([
    ['precopy', M, 100],
    ['stop-and-copy', M - 100, M - 100],
  ]);
  const received = new Uint32Array(M);
  const records = recording.events(received).filter(({ kind }) => kind === 'pages');
  // The suspended domain is sent in full batches again.
  expect(records.map((pages) => 'count' in pages && pages.count)).toEqual([50, 50, 1024, M - 100 - 1024]);
  expect(received).toEqual(memory.versions);
});

test('holes go with the pages before them, whatever the bandwidth', () => {
  const memory = new ModelMemory(M);
  for (let pfn = 10; pfn < 1000; pfn++) memory.holes.add(pfn);
  const recording = new Recording();
  const bandwidth = () => ({ octetsPerSecond: 100 * 4096 * 100, always: true });
  saveImage(memory, recording.output, { live: false, policy: simplePolicy(), bandwidth });
  const received = new Uint32Array(M);
  const counts = recording.events(received).map((event) => (event.kind === 'pages' ? event.count : 0));
  expect(counts.filter((count) => count > 0).slice(0, 3)).toEqual([1024, 100, 100]);
  memory.holes.forEach((pfn) => expect(received[pfn]).toBe(0));
  expect(received.filter((version) => version === 1)).toHaveLength(M - 990);
});

test('what the log says is shown, and what the policy answers', () => {
  const shown: unknown[] = [];
  const onEvent = (event: SaveEvent) => {
    if (event.kind === 'consulted') shown.push([event.stats.point, event.answer.decision]);
    if (event.kind === 'log-read') shown.push({ ...event.pass, first: event.bitmap[0]! >>> 0 });
  };
  const policy = simplePolicy(2, 0);
  saveImage(busy(33), new Recording().output, { policy, onEvent, dirtyBitmaps: true });
  expect(shown).toEqual([
    ['dirty-count-known', 'continue-precopy'],
    ['between-batches', 'continue-precopy'],
    ['between-batches', 'continue-precopy'],
    ['pass-finished', 'continue-precopy'],
    { iteration: 0, dirtyPages: 33, first: 0xffffffff },
    ['dirty-count-known', 'continue-precopy'],
    ['pass-finished', 'stop-and-copy'],
  ]);
});

test('whatever the guest writes and wherever the policy stops, the target ends with the same memory', () => {
  const scenario = fc.record({
    pageCount: fc.integer({ min: 1, max: 3000 }),
    writes: fc.array(fc.array(fc.nat(2999), { maxLength: 40 }), { maxLength: 12 }),
    stopAt: fc.nat(14),
    debug: fc.boolean(),
    // Number of pages at a time.
    slice: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(scenario, ({ pageCount, writes, stopAt, debug, slice }) => {
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
      const bandwidth = () =>
        slice === undefined ? undefined : { octetsPerSecond: slice * 4096 * 100, always: false };
      const clock = endless();
      const report = saveImage(memory, recording.output, { debug, policy, bandwidth, clock });
      const received = new Uint32Array(pageCount);
      recording.events(received);
      expect(received).toEqual(memory.versions);
      expect(report.octets).toBe(recording.output.octets);
      expect(memory.logDirty).toBe(false);
    }),
    { seed: 2, numRuns: 60 },
  );
});
