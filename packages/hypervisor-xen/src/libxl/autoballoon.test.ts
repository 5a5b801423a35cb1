/** Tests of the room that domain 0 makes for a domain: when, how much, and what happens if there is none. */
import { describe, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { type BalloonedHost, isAutoballooned, makeRoom, type Time } from './autoballoon.js';

const MIB = 1024;
const GIB = 1024 * MIB;

describe('whether domain 0 gives memory up', () => {
  test.each([
    ['on', 'dom0_mem=1G', true],
    ['off', '', false],
    ['auto', '', true],
    ['auto', undefined, true],
    ['auto', 'console=com1 dom0_mem=1024M noreboot', false],
    ['auto', 'dom0_mem=512M,max:512M', false],
    ['auto', 'dom0_mem=min:256m,max:1G,', false],
    ['auto', 'dom0_mem=-512M', false],
    ['auto', 'dom0_mem=max:10%', false],
    ['auto', 'dom0_mem=512M+25%', false],
    // As in stock: without an amount it means nothing.
    ['auto', 'dom0_mem=', true],
    ['auto', 'dom0_mem=much', true],
    ['auto', 'xdom0_mem=1G', true],
  ] as const)('%s, %j: %s', (autoballoon, commandLine, does) => {
    expect(isAutoballooned({ autoballoon }, commandLine)).toBe(does);
  });

  test('is soon told of the longest command line', () => {
    expect(isAutoballooned({ autoballoon: 'auto' }, `dom0_mem=${'1'.repeat(100_000)}x`)).toBe(true);
  });
});

/** A host whose domain 0 gives up some KiB at each look, down to its target. */
class Host implements BalloonedHost, Time {
  target: number;
  readonly targets: number[] = [];
  time = 0;
  /** KiB that another takes of domain 0's memory, at each of the first `takingLooks` looks. */
  taken = 0;
  takingLooks = Infinity;

  constructor(
    private free: number,
    private has: number,
    private readonly needed: number,
    private readonly perLook: number,
  ) {
    this.target = has;
  }

  neededMemory = () => this.needed;
  freeMemory = () => this.free;
  controlDomainMemory = () => this.has;
  now = () => this.time;

  changeControlDomainTarget = (by: number) => {
    this.targets.push((this.target += by));
    return this.target;
  };

  pause = (milliseconds: number) => {
    this.time += milliseconds;
    const step = Math.max(0, Math.min(this.perLook, this.has - this.target));
    this.has -= step;
    this.free += step - (this.takingLooks-- > 0 ? this.taken : 0);
  };
}

const run = (host: Host) => () => makeRoom(host, '{}', host);

test('where there is room nobody is asked', () => {
  const host = new Host(GIB, GIB, GIB, 0);
  run(host)();
  expect(host.targets).toEqual([]);
});

test('what lacks is asked of domain 0, and waited for', () => {
  const host = new Host(100 * MIB, 2 * GIB, GIB, 10 * MIB);
  run(host)();
  expect(host.targets).toEqual([2 * GIB - 924 * MIB]);
  expect(host.freeMemory()).toBe(GIB);
});

test('it is asked for more where another takes of what it gave', () => {
  const host = new Host(0, 4 * GIB, GIB, 100 * MIB);
  host.taken = MIB;
  host.takingLooks = 11;
  run(host)();
  expect(host.targets.length).toBeGreaterThan(1);
  expect(host.freeMemory()).toBeGreaterThanOrEqual(GIB);
});

test('one that takes all of it is not waited for for ever', () => {
  const host = new Host(0, 64 * GIB, GIB, 100 * MIB);
  host.taken = 100 * MIB;
  expect(run(host)).toThrow(/domain 0 has not given up enough in 30 s/);
  expect(host.time).toBeGreaterThanOrEqual(30_000);
  expect(host.time).toBeLessThan(60_000);
  expect(host.target).toBe(64 * GIB);
});

test('where the balloon driver does not answer, domain 0 is told to have what it had', () => {
  const host = new Host(100 * MIB, 2 * GIB, GIB, 0);
  expect(run(host)).toThrow(
    'the domain needs 1024 MiB, 100 MiB are free, and domain 0 does not give up more: does its balloon driver run? ' +
      '(autoballoon, xl.conf(5))',
  );
  expect(host.targets).toEqual([2 * GIB - 924 * MIB, 2 * GIB]);
  expect(host.time).toBe(10_000);
});

test('domain 0 keeps 128 MiB: it is not asked for more than the rest', () => {
  const keeps = new Host(0, GIB, 896 * MIB + 1, GIB);
  expect(run(keeps)).toThrow(/domain 0 has 1024 MiB, of which it keeps 128/);
  expect(keeps.targets).toEqual([]);
  const gives = new Host(0, GIB, 896 * MIB, GIB);
  run(gives)();
  expect(gives.controlDomainMemory()).toBe(128 * MIB);
});

test('what ends the wait, and what libxl cannot do, leaves domain 0 as it was', () => {
  const interrupted = new Host(0, GIB, 512 * MIB, 0);
  const stop = new Error('stopped');
  const pause = () => {
    throw stop;
  };
  expect(() => makeRoom(interrupted, '{}', { now: interrupted.now, pause })).toThrow(stop);
  expect(interrupted.target).toBe(GIB);
  const refusing = new Host(0, GIB, 512 * MIB, 0);
  const error = new HostError('unavailable', 'ERROR_FAIL');
  refusing.changeControlDomainTarget = () => {
    throw error;
  };
  expect(run(refusing)).toThrow(error);
});
