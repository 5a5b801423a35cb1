import { MessageChannel } from 'node:worker_threads';
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { afterEach, describe, expect, test } from 'vitest';
import type { Settings } from '@mig/sender/policy';
import { Steering, type SteeringMessage } from './steering.js';

const opened: MessageChannel[] = [];
afterEach(() => {
  for (const { port1 } of opened.splice(0)) port1.close();
});

function steered(settings: Settings, own?: PrecopyPolicy) {
  const channel = new MessageChannel();
  opened.push(channel);
  const heard: Settings[] = [];
  return {
    steering: new Steering(channel.port2, settings, own, (changed) => heard.push(changed)),
    say: (message: SteeringMessage) => channel.port1.postMessage(message),
    heard,
  };
}

const bandwidth = 1e6;
const never: PrecopyPolicy = () => ({ decision: 'continue-precopy' });
const stats: PrecopyStats = {
  point: 'between-batches',
  iteration: 3,
  dirtyCount: undefined,
  dirtyCounts: [],
  totalWritten: 0,
  elapsedMilliseconds: 5000,
  sendRate: undefined,
  dirtyRate: undefined,
  suspendCost: 0,
  lineRate: undefined,
  estimatedDowntime: undefined,
  leastDowntime: undefined,
};

test('the line is of interest where a downtime is asked for, or a policy of the operator decides', () => {
  const interest = (settings: Settings, own?: PrecopyPolicy) =>
    steered({ bandwidth, ...settings }, own).steering.bandwidth()?.probe;
  expect(interest({ precopyIterations: 9, abortIfBusy: true, timeout: 9 })).toBe(false);
  expect(interest({ maxDowntime: 300 })).toBe(true);
  expect(interest({}, never)).toBe(true);
  expect(steered({ maxDowntime: 300 }).steering.bandwidth()).toBeUndefined();
});

test('a switchover moves a domain that is not to be moved busy', () => {
  const { steering, say } = steered({ abortIfBusy: true, timeout: 1 });
  expect(steering.policy(stats)).toMatchObject({ decision: 'abort', reason: { code: 'busy' } });
  say({ kind: 'switchover' });
  expect(steering.policy(stats)).toMatchObject({ decision: 'stop-and-copy', reason: { code: 'operator' } });
});

test('what the operator changes holds when it is next asked', () => {
  const { steering, say, heard } = steered({});
  expect(steering.policy(stats)).toEqual({ decision: 'continue-precopy' });
  const settings = { timeout: 5000, maxDowntime: 300, bandwidth };
  say({ kind: 'settings', settings });
  expect(steering.bandwidth()).toEqual({ octetsPerSecond: bandwidth, always: false, probe: true });
  expect(steering.policy(stats)).toMatchObject({ decision: 'stop-and-copy', reason: { code: 'timeout' } });
  expect(heard).toEqual([settings]);
});

describe('while a migration is held', () => {
  const ends = { precopyIterations: 3 };
  const hold = { kind: 'hold', held: true } as const;
  const letGo = { kind: 'hold', held: false } as const;

  test('its passes go on where the policy would end them, and for a whole one after', () => {
    const { steering, say } = steered(ends);
    const decisionAt = (iteration: number) =>
      steering.policy({ ...stats, point: 'dirty-count-known', iteration, dirtyCount: 900 }).decision;
    say(hold);
    expect([3, 4].map(decisionAt)).toEqual(['continue-precopy', 'continue-precopy']);
    say(letGo);
    expect([4, 5].map(decisionAt)).toEqual(['continue-precopy', 'stop-and-copy']);
  });

  test('the rest of the pass in which it is let go does not count as a whole one', () => {
    const { steering, say } = steered(ends);
    const finished = (iteration: number) =>
      steering.policy({ ...stats, point: 'pass-finished', iteration }).decision;
    say(hold);
    expect(finished(4)).toBe('continue-precopy');
    say(letGo);
    expect(steering.policy({ ...stats, iteration: 4 }).decision).toBe('continue-precopy');
    expect([5, 6].map(finished)).toEqual(['continue-precopy', 'stop-and-copy']);
  });

  test('counts of limited passes make no stall', () => {
    const { steering, say } = steered({ maxDowntime: 10, abortIfBusy: true });
    const busy = {
      dirtyCount: 900,
      estimatedDowntime: 500,
      leastDowntime: 500,
      lineRate: 2000,
      sendRate: 2000,
    };
    const decisionAt = (iteration: number) => {
      const dirtyCounts = Array<number>(iteration).fill(900);
      return steering.policy({ ...stats, point: 'dirty-count-known', iteration, dirtyCounts, ...busy })
        .decision;
    };
    expect(decisionAt(9)).toBe('abort');
    say(hold);
    expect(decisionAt(9)).toBe('continue-precopy');
    say(letGo);
    expect([9, 10, 11].map(decisionAt)).toEqual(Array(3).fill('continue-precopy'));
    expect(decisionAt(20)).toBe('abort');
  });

  test.each([
    ['a timeout', { ...stats, elapsedMilliseconds: 9000 }, 'timeout'],
    ['hardly a dirty page', { ...stats, point: 'dirty-count-known', dirtyCount: 50 }, 'threshold'],
  ] as const)('%s ends it', (_, at, code) => {
    const { steering, say } = steered({ ...ends, timeout: 8000 });
    say(hold);
    expect(steering.policy(at)).toMatchObject({ decision: 'stop-and-copy', reason: { code } });
  });

  test('a switchover ends it', () => {
    const { steering, say } = steered({});
    say(hold);
    say({ kind: 'switchover' });
    expect(steering.policy(stats)).toMatchObject({ decision: 'stop-and-copy', reason: { code: 'operator' } });
  });
});
