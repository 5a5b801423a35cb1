import { MessageChannel } from 'node:worker_threads';
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { afterEach, expect, test } from 'vitest';
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
