import { describe, expect, test } from 'vitest';
import { LineProbe } from './line-probe.js';

const MiB = 1 << 20;
const PAGE = 4096 + 8;
/** Octets per second so large that bursts hardly matter. */
const AMPLE = 1e9;

/**
 * Makes a probe with its own clock, on a line that takes pages at `octetsPerSecond`, and `pipe` octets at
 * once.
 */
function onLine(octetsPerSecond: number, pipe = 0) {
  const time = { now: 0 };
  const measured: number[] = [];
  const probe = new LineProbe(
    () => time.now,
    (rate) => measured.push(rate),
  );
  const warmUp = () => probe.passed(16 * MiB);
  /** Writes the burst that begins now, in the largest writes that it allows. @returns its octets */
  const burst = (bandwidth: number): number => {
    let sent = 0;
    for (;;) {
      const octets = Math.floor(probe.room(bandwidth) / PAGE) * PAGE;
      if (octets <= 0) return sent;
      sent += octets;
      if (sent > pipe) time.now += (octets / octetsPerSecond) * 1000;
      probe.wrote(octets, bandwidth);
    }
  };
  return { time, measured, probe, warmUp, burst };
}

test('there is no burst before 16 MiB', () => {
  const { probe } = onLine(AMPLE);
  probe.passed(16 * MiB - 1);
  expect(probe.room(AMPLE)).toBe(0);
  probe.passed(1);
  expect(probe.room(AMPLE)).toBeGreaterThan(PAGE);
});

test('nor within 30 s of the last, and then there is', () => {
  const { probe, time, warmUp, burst } = onLine(AMPLE, 8 * MiB);
  warmUp();
  expect(burst(AMPLE)).toBeGreaterThan(0);
  time.now += 29_999;
  expect(probe.room(AMPLE)).toBe(0);
  time.now += 1;
  expect(probe.room(AMPLE)).toBeGreaterThan(PAGE);
});

describe('a burst', () => {
  test('is 20 MiB at most: 8 to fill pipes and sockets, and 12 to measure', () => {
    const { warmUp, burst, measured } = onLine(1e12, Infinity);
    warmUp();
    const sent = burst(AMPLE);
    expect(sent).toBeLessThanOrEqual(20 * MiB);
    expect(sent).toBeGreaterThan(20 * MiB - 3 * PAGE);
    // Without time passed there is no rate.
    expect(measured).toEqual([]);
  });

  test.each([1000, 10_000, 64_000, 100_000, 1e6, 5e6])(
    'at %i octets/s is no more than these allow for 4 s',
    (bandwidth) => {
      const { warmUp, burst } = onLine(1e12, Infinity);
      warmUp();
      const sent = burst(bandwidth);
      const allowed = Math.min(20 * MiB, bandwidth * 4);
      expect(sent).toBeLessThanOrEqual(allowed);
      expect(sent).toBeGreaterThan(allowed - 3 * PAGE);
    },
  );

  test('measures from when a write shows that pipes and sockets are full', () => {
    const { probe, time, measured, warmUp } = onLine(100e6);
    warmUp();
    // The write took 10 ms.
    probe.room(AMPLE);
    time.now += 10;
    probe.wrote(PAGE, AMPLE);
    time.now += 49;
    probe.wrote(49 * PAGE, AMPLE);
    expect(measured).toEqual([]);
    time.now += 1;
    probe.wrote(PAGE, AMPLE);
    expect(measured).toHaveLength(1);
    expect(measured[0]).toBeCloseTo((50 * PAGE * 1000) / 50);
    expect(probe.room(AMPLE)).toBe(0);
  });

  test('that is over before 50 ms has measured 12 MiB', () => {
    const { warmUp, burst, measured } = onLine(1e9, 8 * MiB);
    warmUp();
    burst(AMPLE);
    expect(measured).toHaveLength(1);
    expect(measured[0]! / 1e9).toBeCloseTo(1, 1);
  });
});
