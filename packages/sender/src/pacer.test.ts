import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bandwidth } from '@mig/hypervisor';
import { Pacer } from './pacer.js';

const MBIT = 125_000;

/** A pacer whose time passes by its own pauses, and as told. */
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
  // The operator's, while 4 MiB were on their way: more than an hour, in which nobody would be heard.
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
