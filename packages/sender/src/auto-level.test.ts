import { describe, expect, test } from 'vitest';
import { AutoLevel } from './auto-level.js';

const MIB = 2 ** 20;
/** Octets of a batch, in runs. */
const BATCH = 4 * MIB;
const RUN = MIB / 4;

/** Properties of a machine and the guest's pages: octets per second of all threads, and how much shorter pages get. */
interface World {
  readonly line: number;
  readonly levels: Readonly<Record<number, { readonly rate: number; readonly ratio: number }>>;
  readonly limit?: number;
  /** Octets that pipes and sockets take at once. */
  readonly buffer?: number;
}

const text = { 1: { rate: 300e6, ratio: 3 }, 3: { rate: 200e6, ratio: 3.5 }, 6: { rate: 50e6, ratio: 3.9 } };
const random = { 1: { rate: 2000e6, ratio: 1 }, 3: { rate: 2000e6, ratio: 1 }, 6: { rate: 150e6, ratio: 1 } };

/** Sends batches in such a world. Threads and line work at once: the slower one tells. */
function send(choice: AutoLevel, { line, levels, limit, buffer = 0 }: World, batches: number) {
  const used: (number | undefined)[] = [];
  let seconds = 0;
  let room = buffer;
  const effective = Math.min(line, limit ?? Infinity);
  for (let batch = 0; batch < batches; batch++) {
    const level = choice.next(limit);
    used.push(level);
    if (level === undefined) {
      const atOnce = Math.min(room, BATCH);
      room -= atOnce;
      const took = (BATCH - atOnce) / line;
      choice.wrote(BATCH, took * 1000 + 1);
      seconds += BATCH / effective;
      continue;
    }
    const { rate, ratio } = levels[level]!;
    for (let at = 0; at < BATCH; at += RUN) {
      const [compressing, writing] = [RUN / rate, RUN / ratio / effective];
      if (writing > compressing) choice.wrote(RUN / ratio, writing * 1000);
      choice.compressed({ level, octets: RUN, compressedOctets: RUN / ratio, threads: 1, milliseconds: compressing * 1000 });
      seconds += Math.max(compressing, writing);
    }
  } // prettier-ignore
  return { used, seconds, plain: (batches * BATCH) / effective };
}

const last = (used: readonly (number | undefined)[]) => used.slice(-50);
const share = (used: readonly (number | undefined)[]) =>
  used.filter((level) => level !== undefined).length / used.length;

describe('the level', () => {
  test('is none on a line that is faster than the threads, after a batch at most', () => {
    for (const line of [400e6, 900e6, 2000e6, 5000e6]) {
      const { used, seconds, plain } = send(new AutoLevel(), { line, levels: text }, 500);
      expect(used.filter((level) => level !== undefined).length, `${line}`).toBeLessThanOrEqual(2);
      expect(seconds).toBeLessThan(plain * 1.02);
    }
  });

  test.each([
    [12.5e6, 2.8],
    [125e6, 1.5],
  ])('is one at %d bytes per second, which makes it faster', (line, times) => {
    for (const buffer of [0, 8 * MIB]) {
      const { used, seconds, plain } = send(new AutoLevel(), { line, levels: text, buffer }, 500);
      expect(plain / seconds).toBeGreaterThan(times);
      expect(share(last(used))).toBeGreaterThan(0.9);
    }
  });

  test('is the one with which most pages pass', () => {
    expect(new Set(last(send(new AutoLevel(), { line: 5e6, levels: text }, 500).used))).toContain(6);
    expect(new Set(last(send(new AutoLevel(), { line: 50e6, levels: text }, 500).used))).toContain(3);
    expect(new Set(last(send(new AutoLevel(), { line: 100e6, levels: text }, 500).used))).not.toContain(6);
  });

  test('is none for pages that get no shorter, tried ever more rarely', () => {
    for (const line of [12.5e6, 125e6, 1250e6]) {
      const { used, seconds, plain } = send(new AutoLevel(), { line, levels: random }, 2000);
      expect(share(used)).toBeLessThan(0.01);
      expect(seconds).toBeLessThan(plain * 1.001);
    }
  });

  test('comes and goes with what the pages are like', () => {
    const choice = new AutoLevel();
    const line = 50e6;
    expect(share(last(send(choice, { line, levels: text }, 100).used))).toBeGreaterThan(0.9);
    expect(share(last(send(choice, { line, levels: random }, 100).used))).toBeLessThan(0.1);
    expect(share(last(send(choice, { line, levels: text }, 200).used))).toBeGreaterThan(0.9);
  });

  test('goes where the line gets faster, and comes where it gets slower', () => {
    const choice = new AutoLevel();
    expect(share(last(send(choice, { line: 50e6, levels: text }, 200).used))).toBeGreaterThan(0.9);
    expect(share(last(send(choice, { line: 2000e6, levels: text }, 400).used))).toBeLessThan(0.1);
    expect(share(last(send(choice, { line: 50e6, levels: text }, 200).used))).toBeGreaterThan(0.9);
  });

  test('takes a bandwidth limit for the line', () => {
    const { used } = send(new AutoLevel(), { line: 5000e6, limit: 12.5e6, levels: text }, 100);
    expect(share(used)).toBeGreaterThan(0.9);
    expect(share(send(new AutoLevel(), { line: 5000e6, limit: 4000e6, levels: text }, 100).used)).toBe(0);
  });
});
