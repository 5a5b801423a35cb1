import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bandwidth } from '@mig/hypervisor';
import { Pacer } from './pacer.js';

const MBIT = 125_000;

/** Makes a pacer on a clock that advances by the pacer's own pauses, and on request. */
function paced(limit: () => Bandwidth | undefined) {
  const time = { now: 0 };
  const pacer = new Pacer(limit, () => time.now, (milliseconds) => (time.now += milliseconds)); // prettier-ignore
  return { pacer, time };
}

test('without a limit nothing is cut and nothing waits', () => {
  const { pacer, time } = paced(() => undefined);
  expect(pacer.slice(true)).toBe(1024);
  pacer.wrote(1 << 30);
  expect(time.now).toBe(0);
});

test.each([
  [100 * MBIT, 30],
  [1000 * MBIT, 305],
  [100_000 * MBIT, 1024],
  [1000, 1],
])('at %i octets/s a write is at most 10 ms: %i pages', (octetsPerSecond, pages) => {
  expect(paced(() => ({ octetsPerSecond, always: false })).pacer.slice(true)).toBe(pages);
});

test('of the suspended domain it holds only where told so', () => {
  const { pacer, time } = paced(() => ({ octetsPerSecond: MBIT, always: false }));
  expect(pacer.slice(false)).toBe(1024);
  pacer.wrote(MBIT);
  expect(time.now).toBe(0);
  expect(paced(() => ({ octetsPerSecond: MBIT, always: true })).pacer.slice(false)).toBe(1);
});

test('a change holds from the next write on', () => {
  let limit: Bandwidth = { octetsPerSecond: 1000, always: false };
  const { pacer, time } = paced(() => limit);
  pacer.slice(true);
  pacer.wrote(1000);
  const first = time.now;
  limit = { octetsPerSecond: 10_000, always: false };
  pacer.slice(true);
  pacer.wrote(1000);
  expect(time.now - first).toBeCloseTo(100);
});

test('what was written without a limit is not made up for under one that came meanwhile', () => {
  const said: Bandwidth[] = [];
  const { pacer, time } = paced(() => said.at(-1));
  expect(pacer.slice(true)).toBe(1024);
  // The operator lowers the limit while 4 MiB are on their way: a pause of more than an hour could not be
  // interrupted.
  said.push({ octetsPerSecond: 1000, always: false });
  pacer.wrote(4 << 20);
  expect(time.now).toBe(0);
  pacer.slice(true);
  pacer.wrote(4096);
  expect(time.now).toBeCloseTo(4096 - 10);
});

test('whatever writing takes, the rate is kept over any stretch but for 10 ms of arrears', () => {
  const writes = fc.array(fc.record({ octets: fc.integer({ min: 1, max: 100_000 }), takes: fc.nat(50) }), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(writes, fc.integer({ min: 1000, max: 1e8 }), (some, octetsPerSecond) => {
      const { pacer, time } = paced(() => ({ octetsPerSecond, always: false }));
      const ends: { at: number; octets: number }[] = [{ at: 0, octets: 0 }];
      let octets = 0;
      for (const write of some) {
        time.now += write.takes;
        octets += write.octets;
        pacer.slice(true);
        pacer.wrote(write.octets);
        ends.push({ at: time.now, octets });
      }
      for (const from of ends) {
        for (const to of ends.slice(ends.indexOf(from) + 1)) {
          const allowed = ((to.at - from.at + 10) / 1000) * octetsPerSecond;
          expect(to.octets - from.octets).toBeLessThanOrEqual(allowed * (1 + 1e-9) + 1);
        }
      }
    }),
    { seed: 5 },
  );
});

/**
 * Makes a line with a limited rate, behind a pipe, and a pacer on it whose policy wants the line's rate.
 * @param pipe octets that the pipe holds
 */
function onLine(octetsPerSecond: number, pipe: number, limit: number) {
  const time = { now: 0 };
  const measured: number[] = [];
  let held = 0;
  const pass = (milliseconds: number) => {
    time.now += milliseconds;
    held = Math.max(0, held - (octetsPerSecond * milliseconds) / 1000);
  };
  const pacer = new Pacer(
    () => ({ octetsPerSecond: limit, always: false, probe: true }),
    () => time.now,
    pass,
    (rate) => measured.push(rate),
  );
  const writes: { readonly at: number; readonly octets: number; readonly pace: string }[] = [];
  return {
    pacer,
    measured,
    writes,
    sendFor(milliseconds: number): void {
      const until = time.now + milliseconds;
      while (time.now < until) {
        const octets = pacer.slice(true) * 4096;
        held += octets;
        // Copying takes time, too.
        pass(octets / 4e6);
        if (held > pipe) pass(((held - pipe) / octetsPerSecond) * 1000);
        writes.push({ at: time.now, octets, pace: pacer.pace });
        pacer.wrote(octets);
      }
    },
  };
}

describe('a line of which the policy wants to know', () => {
  const MiB = 1 << 20;
  const lines = [
    { name: 'slow', rate: 12.5e6, pipe: MiB, limit: 5e6 },
    { name: 'hardly faster than the limit', rate: 12.5e6, pipe: MiB, limit: 12e6 },
    { name: '1 Gbit/s', rate: 125e6, pipe: 6 * MiB, limit: 12.5e6 },
    { name: 'very fast', rate: 1e9, pipe: 8 * MiB, limit: 40e6 },
  ];

  test.each(lines)('$name: is measured within a quarter, once in 30 s', ({ rate, pipe, limit }) => {
    const line = onLine(rate, pipe, limit);
    line.sendFor(29_000);
    expect(line.measured).toHaveLength(1);
    expect(line.measured[0]! / rate).toBeGreaterThan(0.8);
    expect(line.measured[0]! / rate).toBeLessThan(1.25);
    line.sendFor(10_000);
    expect(line.measured).toHaveLength(2);
  });

  test.each(lines)('$name: writes of a burst are 256 KiB at most', ({ rate, pipe, limit }) => {
    const line = onLine(rate, pipe, limit);
    line.sendFor(29_000);
    const burst = line.writes.filter(({ pace }) => pace === 'burst').map(({ octets }) => octets);
    expect(Math.max(...burst)).toBe(256 << 10);
  });

  test.each(lines)('$name: the burst is bounded, and made up for', ({ rate, pipe, limit }) => {
    const line = onLine(rate, pipe, limit);
    line.sendFor(29_000);
    const { writes } = line;
    const octetsOf = (some: typeof writes) => some.reduce((sum, { octets }) => sum + octets, 0);
    const burst = writes.filter(({ pace }) => pace === 'burst');
    expect(burst.length).toBeGreaterThan(0);
    expect(octetsOf(burst)).toBeLessThanOrEqual(Math.min(20 * MiB, limit * 4));
    expect(octetsOf(writes) / limit).toBeLessThan(29.1);
    // At half the bandwidth, so that there is no long silence.
    const silences = writes.slice(1).map(({ at }, i) => at - writes[i]!.at);
    expect(Math.max(...silences)).toBeLessThan(100);
  });

  test('a burst is made up for at half the bandwidth', () => {
    const limit = 12.5e6;
    const line = onLine(125e6, 6 * MiB, limit);
    while (line.measured.length === 0) line.sendFor(1);
    const octetsOf = (some: typeof line.writes) => some.reduce((sum, { octets }) => sum + octets, 0);
    const burst = octetsOf(line.writes.filter(({ pace }) => pace === 'burst'));
    const half = (burst / limit) * 2 * 1000;
    const rateOver = (milliseconds: number) => {
      const before = line.writes.length;
      line.sendFor(milliseconds);
      return octetsOf(line.writes.slice(before)) / (milliseconds / 1000) / limit;
    };
    expect(rateOver(half - 20)).toBeCloseTo(0.5, 1);
    expect(rateOver(1000)).toBeCloseTo(1, 1);
  });

  test.each([1000, 10_000, 50_000])('at %i octets/s no burst is more than these allow for 4 s', (limit) => {
    const line = onLine(125e6, 6 * MiB, limit);
    line.pacer.slice(false);
    line.pacer.wrote(16 * MiB);
    line.sendFor(29_000);
    const burst = line.writes.filter(({ pace }) => pace === 'burst');
    expect(burst.reduce((sum, { octets }) => sum + octets, 0)).toBeLessThanOrEqual(limit * 4);
  });

  test('is not measured where the bandwidth is too low for a burst to tell anything', () => {
    const line = onLine(125e6, 6 * MiB, 1e6);
    line.sendFor(29_000);
    expect(line.writes.some(({ pace }) => pace === 'burst')).toBe(true);
    expect(line.measured).toEqual([]);
  });

  test('is not measured by a burst that the end of a pass cuts short', () => {
    const line = onLine(125e6, 6 * MiB, 12.5e6);
    while (line.pacer.pace !== 'burst') line.sendFor(0.001);
    line.pacer.passEnded();
    line.sendFor(1000);
    expect(line.pacer.pace).toBe('lifted');
    expect(line.measured).toEqual([]);
  });

  test('has no burst where nobody wants to know, or the bandwidth goes on after the suspend', () => {
    for (const limit of [
      { octetsPerSecond: 1e9, always: false },
      { octetsPerSecond: 1e9, always: true, probe: true },
    ]) {
      const { pacer } = paced(() => limit);
      for (let i = 0; i < 100; i++) {
        pacer.slice(true);
        expect(pacer.pace).toBe(limit.always ? 'held' : 'lifted');
        pacer.wrote(1 << 20);
      }
    }
  });
});
