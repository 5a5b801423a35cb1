import { describe, expect, test } from 'vitest';
import type { Bandwidth, PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { ModelMemory, Recording } from '@mig/hypervisor/model';
import type { OctetSink } from '@mig/channel';
import { PrecopyAbortedError } from '../errors.js';
import { policyFor, type Settings } from '../policies/index.js';
import { saveImage } from '../save-image.js';
import { DirtyCurve } from './dirty-curve.js';
import { simulate } from './simulate.js';
import { measureDirty } from './measure-dirty.js';

const PAGES = 10_000;
/** Octets of a page on the stream, in full batches. */
const PAGE = 4096 + 8 + 16 / 1024;

/** A guest that writes `set` pages in order, and a link, both on a simulated clock. */
class TimedMemory extends ModelMemory {
  now = 0;
  #written = 0;

  constructor(
    readonly set: number,
    readonly rate: number,
    readonly pagesPerSecond: number,
  ) {
    super(PAGES);
  }

  pass(milliseconds: number): void {
    this.now += milliseconds;
    for (; this.#written < (this.now * this.rate) / 1000; this.#written++) {
      if (!this.calls.includes('suspend')) this.dirty(this.#written % this.set);
    }
  }

  // Only the number of octets matters.
  override writePages(_output: OctetSink, _pfns: Float64Array, count: number): void {
    this.pass((count / this.pagesPerSecond) * 1000);
  }
}

function migrated(memory: TimedMemory, policy: PrecopyPolicy, asked: PrecopyStats[]) {
  const recording = new Recording();
  try {
    const { passes, precopyEnd } = saveImage(memory, recording.output, {
      suspendCost: 40,
      policy,
      clock: () => memory.now,
      onEvent: (event) => {
        if (event.kind === 'consulted') asked.push(event.stats);
      },
    });
    return { passes, end: precopyEnd };
  } catch (error) {
    if (!(error instanceof PrecopyAbortedError)) throw error;
    return { passes: undefined, end: error.reason };
  }
}

function curveOf(memory: TimedMemory): DirtyCurve {
  memory.enableLogDirty();
  const wait = (milliseconds: number) => memory.pass(milliseconds);
  return new DirtyCurve(measureDirty(memory, { period: 5000, wait, clock: () => memory.now }));
}

/** Consultations between passes: the number within a pass depends on the pass's pages. */
function betweenPasses(asked: readonly PrecopyStats[]): string[] {
  return asked
    .filter(({ point }) => point !== 'between-batches')
    .map(({ point, iteration }) => `${point} ${iteration}`);
}

/** Guests: set, pages written a second, pages sent a second. */
const guests: [string, number, number, number][] = [
  ['idle', 20, 10, 5000],
  ['a small hot set', 250, 2500, 5000],
  ['near what the link carries', 2500, 4500, 5000],
  ['above it', 4000, 15_000, 5000],
  ['a set larger than what is written meanwhile', 7500, 250, 5000],
];
const policies: Settings[] = [
  {},
  { precopyIterations: 0 },
  { precopyIterations: 20 },
  { maxDowntime: 300 },
  { maxDowntime: 100 },
  { abortIfBusy: true },
  { timeout: 2500 },
  { timeout: 700 },
  { timeout: 2100, timeoutAction: 'abort' },
];

describe.each(guests)('%s', (_, set, rate, pagesPerSecond) => {
  const memory = () => new TimedMemory(set, rate, pagesPerSecond);
  const curve = curveOf(memory());
  const near = (pages: number) => pages * 0.06 + 12;

  test.each(policies)('with %o it goes as the migration does', (settings) => {
    const asked: PrecopyStats[] = [];
    const real = migrated(memory(), policyFor(settings), asked);
    const told: PrecopyStats[] = [];
    const decide = policyFor(settings);
    const prediction = simulate(curve, {
      pages: PAGES,
      octetsPerSecond: pagesPerSecond * PAGE,
      suspendCost: 40,
      policy: (stats) => {
        told.push(stats);
        return decide(stats);
      },
    });
    expect(prediction.end.code).toBe(real.end.code);
    expect(prediction.decision).toBe(real.passes === undefined ? 'abort' : 'stop-and-copy');
    expect(betweenPasses(told)).toEqual(betweenPasses(asked));
    if (real.passes === undefined) {
      expect(prediction.downtimeMilliseconds).toBeUndefined();
      return;
    }
    expect(prediction.passes.map(({ kind }) => kind)).toEqual(real.passes.map(({ kind }) => kind));
    prediction.passes.forEach(({ dirtyPages }, i) => {
      const due = real.passes[i]!.dirtyPages;
      expect(Math.abs(dirtyPages - due), `pass ${i}: ${dirtyPages} for ${due}`).toBeLessThanOrEqual(
        near(due),
      );
    });
    const rest = prediction.passes.at(-1)!.milliseconds;
    expect(prediction.downtimeMilliseconds).toBeCloseTo(rest + 40);
  });
});

describe('figures', () => {
  const points = [{ milliseconds: 1000, pages: 0, windows: 1 }];
  const silent = new DirtyCurve({ pageCount: 3000, milliseconds: 1000, readings: 1, points, places: [0] });
  const stop: PrecopyPolicy = ({ iteration }) =>
    iteration === 0
      ? { decision: 'continue-precopy' }
      : { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'one pass' } };
  const link = { octetsPerSecond: 1000 * PAGE, policy: stop };

  test('holes are not sent, and the target takes its time to begin', () => {
    const prediction = simulate(silent, { ...link, pages: 2000, startCost: 150, suspendCost: 30 });
    expect(prediction).toMatchObject({
      iterations: 1,
      octets: Math.round(2000 * PAGE),
      decision: 'stop-and-copy',
    });
    expect(prediction.totalMilliseconds).toBeCloseTo(2000 + 150 + 30);
    expect(prediction.downtimeMilliseconds).toBeCloseTo(30);
  });

  test('debug sends all of it again, while the domain stands still', () => {
    const prediction = simulate(silent, { ...link, pages: 2000, debug: true });
    expect(prediction.passes.map(({ kind }) => kind)).toEqual(['precopy', 'stop-and-copy', 'verify']);
    expect(prediction.downtimeMilliseconds).toBeCloseTo(2000);
  });

  test.each([
    [true, 4],
    [false, 1],
  ])('a bandwidth holds live; for stop-and-copy where always is %s', (always, factor) => {
    const bandwidth = { octetsPerSecond: 250 * PAGE, always };
    const prediction = simulate(silent, { ...link, pages: 2000, bandwidth, debug: true });
    expect(prediction.passes[0]!.milliseconds / 8000).toBeCloseTo(1, 1);
    expect(prediction.downtimeMilliseconds! / (2000 * factor)).toBeCloseTo(1, 1);
  });

  test.each([
    [10e9, '3 ms'],
    [10e6, '3 s'],
  ])('1000 pages over %d bit/s keep the domain suspended for %s', (bitsPerSecond, time) => {
    const { downtimeMilliseconds: told = NaN } = simulate(silent, {
      pages: 1000,
      octetsPerSecond: bitsPerSecond / 8,
      policy: policyFor({ precopyIterations: 0 }),
    });
    const text = told < 1000 ? `${told.toFixed(0)} ms` : `${(told / 1000).toFixed(0)} s`;
    expect(text).toBe(time);
  });

  test('a lower rate makes passes longer and dirtier, and a guest that would have converged stalls', () => {
    const curve = curveOf(new TimedMemory(5000, 3000, 1));
    const end = (bandwidth?: Bandwidth) =>
      simulate(curve, {
        pages: PAGES,
        octetsPerSecond: 10_000 * PAGE,
        bandwidth,
        policy: policyFor({ maxDowntime: 50, abortIfBusy: true }),
      });
    const [free, slow] = [end(), end({ octetsPerSecond: 1000 * PAGE, always: true })];
    expect(free.end.code).toBe('max-downtime');
    expect(slow.end).toMatchObject({ code: 'busy', sentence: expect.stringContaining('(stall)') as string });
    for (const figure of ['milliseconds', 'dirtyPages'] as const) {
      expect(slow.passes[1]![figure]).toBeGreaterThan(free.passes[1]![figure]);
    }
  });
});
