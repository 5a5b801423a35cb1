import { MessageChannel } from 'node:worker_threads';
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { afterEach, describe, expect, test } from 'vitest';
import type { Settings } from '@mig/sender/policy';
import { inShort } from '../../../../packages/sender/src/policies/stats.test-support.js';
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

  test('its passes go on where the policy would end them', () => {
    const { steering, say } = steered(ends);
    say(hold);
    for (const iteration of [3, 4]) {
      expect(steering.policy({ ...stats, point: 'dirty-count-known', iteration, dirtyCount: 900 })).toEqual({
        decision: 'continue-precopy',
      });
    }
  });

  test('the rest of the pass in which it is let go does not count as a whole one', () => {
    const { steering, say } = steered({ precopyIterations: 1 });
    const finished = (iteration: number) =>
      steering.policy({ ...stats, point: 'pass-finished', iteration }).decision;
    say(hold);
    expect(finished(4)).toBe('continue-precopy');
    say(letGo);
    expect(steering.policy({ ...stats, iteration: 4 }).decision).toBe('continue-precopy');
    expect([5, 6].map(finished)).toEqual(['continue-precopy', 'stop-and-copy']);
  });

  test('passes made meanwhile make no stall, and count towards no limit', () => {
    const { steering, say } = steered({ maxDowntime: 10, abortIfBusy: true });
    const busy = {
      dirtyCount: 900,
      estimatedDowntime: 500,
      leastDowntime: 500,
      lineRate: 2000,
      sendRate: 2000,
    };
    const at = (iteration: number, dirtyCounts = Array<number>(iteration).fill(900)) =>
      steering.policy({ ...stats, point: 'dirty-count-known', iteration, dirtyCounts, ...busy });
    expect(at(9)).toMatchObject({ decision: 'abort', reason: { code: 'busy' } });
    say(hold);
    expect(at(40).decision).toBe('continue-precopy');
    say(letGo);
    const sinking = [900, 900, 900, 800, 700, 600, 500];
    expect([41, 42, 43].map((iteration) => at(iteration, sinking).decision)).toEqual(
      Array(3).fill('continue-precopy'),
    );
    expect(at(50).decision).toBe('abort');
  });

  test('after it, as many passes are made as without', () => {
    const { steering, say } = steered(ends);
    const ended = (iteration: number) =>
      steering.policy({ ...stats, point: 'pass-finished', iteration }).decision === 'stop-and-copy';
    say(hold);
    expect(ended(7)).toBe(false);
    say(letGo);
    expect([7, 8, 9, 10].map(ended)).toEqual([false, false, false, true]);
  });

  test.each<[string, Settings, Partial<PrecopyStats>, string]>([
    ['a timeout', { timeout: 8000 }, { elapsedMilliseconds: 9000 }, 'stop-and-copy: timeout'],
    [
      'a timeout of one that may be busy',
      { timeout: 8000, abortIfBusy: true },
      { elapsedMilliseconds: 9000 },
      'abort: busy',
    ],
    ['hardly a dirty page', {}, { point: 'dirty-count-known', dirtyCount: 50 }, 'stop-and-copy: threshold'],
    [
      'a goal out of reach',
      { maxDowntime: 10, abortIfBusy: true },
      { suspendCost: 20 },
      'abort: out-of-reach',
    ],
  ])('%s ends it', (_, settings, figures, expected) => {
    const { steering, say } = steered({ ...ends, ...settings });
    say(hold);
    expect(inShort(steering.policy({ ...stats, ...figures }))).toBe(expected);
  });

  test('hardly a dirty page makes nobody busy', () => {
    const { steering, say } = steered({ maxDowntime: 10, abortIfBusy: true });
    const level = { dirtyCount: 40, dirtyCounts: Array<number>(9).fill(40), estimatedDowntime: 500 };
    const at = { ...stats, ...level, point: 'dirty-count-known', iteration: 9, sendRate: 12 } as const;
    expect(steering.policy(at).decision).toBe('abort');
    say(hold);
    expect(steering.policy(at).decision).toBe('continue-precopy');
  });

  test('a switchover ends it', () => {
    const { steering, say } = steered({});
    say(hold);
    say({ kind: 'switchover' });
    expect(steering.policy(stats)).toMatchObject({ decision: 'stop-and-copy', reason: { code: 'operator' } });
  });
});
