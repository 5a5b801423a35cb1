import type { Settings } from '@mig/sender/policy';
import { expect, test } from 'vitest';
import { changedSettings, settingsInForce } from './settings-change.js';
import type { SettingsChange } from './wire/operator-protocol.js';

const stock: Settings = {};
const slow: Settings = { bandwidth: 1e6, bandwidthAlways: true };
const timed: Settings = { timeout: 30_000, timeoutAction: 'abort' };

const changes: { what: string; from: Settings; change: SettingsChange; gives: object }[] = [
  {
    what: 'nothing',
    from: stock,
    change: {},
    gives: { precopyIterations: 5, precopyThreshold: 50 },
  },
  {
    what: 'a goal, with which there is more time',
    from: stock,
    change: { maxDowntime: 300 },
    gives: { precopyIterations: 30, maxDowntime: 300 },
  },
  {
    what: 'a bandwidth',
    from: stock,
    change: { bandwidth: 2e6 },
    gives: { precopyIterations: 5, precopyThreshold: 50, bandwidth: 2e6, bandwidthAlways: false },
  },
  {
    what: 'another bandwidth, as lasting as before',
    from: slow,
    change: { bandwidth: 2e6 },
    gives: { precopyIterations: 5, precopyThreshold: 50, bandwidth: 2e6, bandwidthAlways: true },
  },
  {
    what: 'the bandwidth unset, and how lasting it is',
    from: slow,
    change: { bandwidth: null },
    gives: { precopyIterations: 5, precopyThreshold: 50 },
  },
  {
    what: 'no bandwidth for the suspended domain, where there is none',
    from: stock,
    change: { bandwidthAlways: false },
    gives: { precopyIterations: 5, precopyThreshold: 50 },
  },
  {
    what: 'the timeout unset, and what it does',
    from: timed,
    change: { timeout: null, precopyIterations: 0 },
    gives: { precopyIterations: 0, precopyThreshold: 50 },
  },
];

test.for(changes)('$what', ({ from, change, gives }) => {
  const course = changedSettings(from, change);
  if (typeof course === 'string') throw new Error(course);
  expect(settingsInForce(course, false)).toEqual(gives);
});

test('beside a policy of the operator there are no defaults', () => {
  expect(settingsInForce({ precopyIterations: 9 }, true)).toEqual({ precopyIterations: 9 });
});

const refusals: [string, Settings, SettingsChange, RegExp][] = [
  ['no downtime at all', stock, { maxDowntime: 0 }, /^--max-downtime must be .*, not '0'$/],
  ['no time at all', stock, { timeout: 0 }, /^--timeout must be .*, not '0'$/],
  ['hardly any bandwidth', stock, { bandwidth: 999 }, /^--bandwidth must be .*, not '999'$/],
  ['a bandwidth that lasts, and none', stock, { bandwidthAlways: true }, /^--bandwidth-always without/],
  ['an action without a timeout', stock, { timeoutAction: 'abort' }, /^--timeout-action without/],
  ['busy at once', stock, { abortIfBusy: true, precopyIterations: 0 }, /^--abort-if-busy with/],
];

test.each(refusals)('refused by name: %s', (_, from, change, words) => {
  expect(changedSettings(from, change)).toMatch(words);
});
