import { describe, expect, test } from 'vitest';
import type { PrecopyStats } from '@mig/hypervisor';
import { optionOf } from './setting-row.js';
import {
  bandwidthOf,
  contradictionIn,
  contradictionText,
  policyFor,
  settingNames,
  settingRow,
  type Settings,
} from './settings.js';
import { inShort, sentenceOf, stats } from './stats.test-support.js';

/** Figures after `iteration` passes, each of which left so many pages dirty. */
function after(dirtyCounts: readonly number[], figures: Partial<PrecopyStats> = {}): PrecopyStats {
  return stats({ iteration: dirtyCounts.length, dirtyCount: dirtyCounts.at(-1), dirtyCounts, ...figures });
}

const finished = (iteration: number, elapsedMilliseconds = 0) =>
  stats({ point: 'pass-finished', iteration, elapsedMilliseconds });
const within = (iteration: number, elapsedMilliseconds: number) =>
  stats({ point: 'between-batches', iteration, elapsedMilliseconds });
const stalled = [1000, 1000, 990, 1010];
const slow = { estimatedDowntime: 301, sendRate: 1000 };
const fast = { estimatedDowntime: 300, sendRate: 1000 };
/** Figures with which the suspend alone takes longer than 30 ms. */
const dear = { suspendCost: 47, estimatedDowntime: 60, sendRate: 1000 };

/** All settings of mig's own policies. */
const everything: Settings = {
  maxDowntime: 300,
  precopyThreshold: 60,
  timeout: 5000,
  timeoutAction: 'abort',
};

const go = 'continue-precopy';
const rows: [string, Settings, PrecopyStats, string][] = [
  ["stock's: a fifth pass", {}, finished(4), go],
  ["stock's: no sixth pass", {}, finished(5), 'stop-and-copy: iterations'],
  ["stock's: a stall changes nothing", {}, after(stalled), go],

  ["stock's: 50 pages", {}, after([50]), 'stop-and-copy: threshold'],
  ["stock's: not 51", {}, after([51]), go],
  ['passes: as many as were named', { precopyIterations: 7 }, finished(6), go],
  ['passes: and no more', { precopyIterations: 7 }, finished(7), 'stop-and-copy: iterations'],
  ['passes: 0 whatever else there is', { ...everything, precopyIterations: 0 }, stats({ dirtyCount: 9, ...dear }), 'stop-and-copy: iterations'],
  ['threshold: as many pages as were named', { precopyThreshold: 60 }, after([60]), 'stop-and-copy: threshold'],
  ['threshold: and no more', { precopyThreshold: 60 }, after([61]), go],
  ['threshold: never before the first pass', { precopyThreshold: 60 }, stats({ dirtyCount: 9 }), go],
  ['threshold: a stall changes nothing', { precopyThreshold: 60 }, after(stalled, slow), go],

  ['downtime: never before the first pass', { maxDowntime: 300 }, stats(fast), go],
  ['downtime: above', { maxDowntime: 300 }, after([800], slow), go],
  ['downtime: at the limit', { maxDowntime: 300 }, after([800], fast), 'stop-and-copy: max-downtime'],
  ['downtime: nothing measured yet', { maxDowntime: 300 }, after([800]), go],
  ["downtime: stock's threshold is no goal beside it", { maxDowntime: 300 }, after([50], slow), go],
  ['downtime: but where the suspend alone exceeds it', { maxDowntime: 30 }, after([50], dear), 'stop-and-copy: threshold'],
  ['downtime: or just reaches it', { maxDowntime: 47 }, after([50], { ...dear, estimatedDowntime: 47.5 }), 'stop-and-copy: threshold'],
  ['downtime: though not before the first pass', { maxDowntime: 30 }, stats({ dirtyCount: 50, ...dear }), go],
  ['downtime: nor with more pages than that', { maxDowntime: 30 }, after([51], dear), go],
  ['downtime: nor where the suspend is within it', { maxDowntime: 47.1 }, after([50], dear), go],
  ['downtime: a threshold that was named is a goal', { maxDowntime: 300, precopyThreshold: 60 }, after([60], slow), 'stop-and-copy: threshold'],
  ['downtime: more passes than stock', { maxDowntime: 300 }, finished(29), go],
  ['downtime: but not for ever', { maxDowntime: 300 }, finished(30), 'stop-and-copy: iterations'],
  ['downtime: passes as many as were named', { maxDowntime: 300, precopyIterations: 31 }, finished(30), go],
  ['downtime: the limit moves it, with more than that', { maxDowntime: 300, precopyIterations: 5 }, after([9, 9, 9, 9, 900], slow), 'stop-and-copy: iterations'],
  ['downtime: a stall ends it', { maxDowntime: 300 }, after(stalled, slow), 'stop-and-copy: stall'],
  ['downtime: not where the passes were named', { maxDowntime: 300, precopyIterations: 9 }, after(stalled, slow), go],
  ['downtime: nor where the time was', { maxDowntime: 300, timeout: 1e6 }, after(stalled, slow), go],
  ['downtime: a dirty set that shrinks is no stall', { maxDowntime: 1 }, after([1000, 900, 880, 790], slow), go],
  ['downtime: three passes are too few to tell', { maxDowntime: 1 }, after([1000, 1000, 1000], slow), go],
  ['downtime: less than a second is too short to tell', { maxDowntime: 1 }, after(stalled, { sendRate: 3100 }), go],
  ['downtime: until more of it has passed', { maxDowntime: 1 }, after([...stalled, 1000], { sendRate: 3100 }), 'stop-and-copy: stall'],
  ['downtime: a second is not', { maxDowntime: 1 }, after([1000, 1000, 1000, 1000], { sendRate: 3000 }), 'stop-and-copy: stall'],
  ['downtime: 95 % of what it was has not shrunk', { maxDowntime: 1 }, after([1000, 1000, 1000, 950], slow), 'stop-and-copy: stall'],
  ['downtime: less than that has', { maxDowntime: 1 }, after([1000, 1000, 1000, 949], slow), go],
  ['downtime: 99 readings are too few, where they were short', { maxDowntime: 1, abortIfBusy: true, precopyIterations: 1000 }, after(Array<number>(99).fill(60), { sendRate: 1e9, suspendCost: 0 }), go],
  ['downtime: a set that shrinks slowly is no stall', { maxDowntime: 1 }, after([1000, 980, 960, 940], slow), go],
  ['downtime: nor is one that shrinks again after a burst', { maxDowntime: 1 }, after([400, 2000, 1500, 1200, 900], slow), go],
  ['downtime: nor one that comes and goes', { maxDowntime: 1 }, after([100, 2000, 100, 2000, 100], slow), go],
  ['downtime: but a hundred readings tell, however short', { maxDowntime: 1 }, after(Array<number>(100).fill(60), { sendRate: 1e9 }), 'stop-and-copy: stall'],
  ['downtime: one that grows is', { maxDowntime: 1 }, after([400, 500, 600, 700], slow), 'stop-and-copy: stall'],

  ['stall: as many passes as were named', { stallPasses: 2 }, after([1000, 1000, 1000], slow), 'stop-and-copy: stall'],
  ['stall: and no fewer', { stallPasses: 4, maxDowntime: 1 }, after(stalled, slow), go],
  ['stall: named, it counts beside passes that were', { stallPasses: 3, precopyIterations: 9 }, after(stalled, slow), 'stop-and-copy: stall'],
  ['stall: 99 of the hundred counts that are kept', { stallPasses: 99 }, after(Array<number>(100).fill(60), slow), 'stop-and-copy: stall'],

  ['timeout: more passes than stock', { timeout: 5000 }, finished(29), go],
  ['timeout: but not for ever', { timeout: 5000 }, finished(30), 'stop-and-copy: iterations'],
  ['timeout: passes as many as were named', { timeout: 5000, precopyIterations: 31 }, finished(30), go],
  ["timeout: stock's threshold is a goal beside it", { timeout: 5000 }, after([50]), 'stop-and-copy: threshold'],
  ['timeout: not yet', { timeout: 5000 }, within(0, 4999), go],
  ['timeout: in the middle of a pass', { timeout: 5000 }, within(0, 5000), 'stop-and-copy: timeout'],
  ['timeout: to abort', { timeout: 5000, timeoutAction: 'abort' }, within(0, 5000), 'abort: timeout'],

  ['busy: after the last pass the count is awaited', { abortIfBusy: true }, finished(5), go],
  ['busy: convergence comes first', { abortIfBusy: true }, after([900, 700, 500, 300, 50]), 'stop-and-copy: threshold'],
  ['busy: the passes are made', { abortIfBusy: true }, after([900, 700, 500, 300, 51]), 'abort: busy'],
  ["busy: alone it makes stock's passes", { abortIfBusy: true }, finished(4), go],
  ['busy: a stall is busy beside a timeout', { abortIfBusy: true, timeout: 1e6, maxDowntime: 300 }, after(stalled, slow), 'abort: busy'],
  ['busy: a stall is busy at once', { abortIfBusy: true, precopyIterations: 99 }, after(stalled, slow), 'abort: busy'],
  ['busy: a timeout is busy', { abortIfBusy: true, timeout: 5000 }, within(1, 5000), 'abort: busy'],
  [
    'busy: a timeout that aborts says so',
    { abortIfBusy: true, timeout: 5000, timeoutAction: 'abort' },
    within(1, 5000),
    'abort: timeout',
  ],
  ['busy: nor is a downtime that the suspend alone exceeds, before anything is sent', { abortIfBusy: true, maxDowntime: 30 }, stats({ dirtyCount: 9, ...dear }), 'abort: out-of-reach'],
  ['busy: however few pages are dirty', { abortIfBusy: true, maxDowntime: 30 }, after([0], dear), 'abort: out-of-reach'],
  ['busy: or just reaches', { abortIfBusy: true, maxDowntime: 47 }, after([0], { ...dear, estimatedDowntime: 47.5 }), 'abort: out-of-reach'],
  ['busy: a threshold that was named is a goal all the same', { abortIfBusy: true, maxDowntime: 30, precopyThreshold: 60 }, after([60], dear), 'stop-and-copy: threshold'],
  ['busy: and is waited for', { abortIfBusy: true, maxDowntime: 30, precopyThreshold: 60 }, after([61], dear), go],
  ['busy: within the downtime is not', { abortIfBusy: true, maxDowntime: 300 }, after(stalled, fast), 'stop-and-copy: max-downtime'],
]; // prettier-ignore

test.each(rows)('%s', (_, settings, given, expected) => {
  expect(inShort(policyFor(settings)(given))).toBe(expected);
});

describe('a policy of the operator', () => {
  const own = () => ({ decision: 'stop-and-copy', reason: { code: 'mine', sentence: 'now' } }) as const;
  const never = () => ({ decision: 'continue-precopy' }) as const;

  test('stands alone where nothing else was said', () => {
    expect(inShort(policyFor({}, never)(finished(500)))).toBe(go);
    expect(inShort(policyFor({}, never)(after([0])))).toBe(go);
    expect(inShort(policyFor({}, own)(stats({})))).toBe('stop-and-copy: mine');
  });

  test('is kept within the limits that were', () => {
    expect(inShort(policyFor({ precopyIterations: 3 }, never)(finished(3)))).toBe(
      'stop-and-copy: iterations',
    );
    expect(inShort(policyFor({ precopyThreshold: 9 }, never)(after([9])))).toBe('stop-and-copy: threshold');
  });

  test('is a goal, whose reaching is not called busy', () => {
    const busy = { abortIfBusy: true, precopyIterations: 3 };
    expect(inShort(policyFor(busy, own)(after([9, 9, 9])))).toBe('stop-and-copy: mine');
    expect(inShort(policyFor(busy, never)(after([9, 9, 9])))).toBe('abort: busy');
  });
});

test('every end is told with its figures', () => {
  const told = (settings: Settings, given: PrecopyStats) => sentenceOf(policyFor(settings)(given));
  const rates = { dirtyRate: 5000, sendRate: 4000.4, suspendCost: 47.2, estimatedDowntime: 299.7 };
  expect(told({}, finished(5))).toBe('5 live passes made, 5 allowed');
  expect(told({ precopyIterations: 4 }, after(stalled, rates))).toBe(
    '4 live passes made, 4 allowed; the last 3 passes did not reduce the dirty pages (1000, 1000, 990, 1010): ' +
      'as many are written again while a pass is sent, so more passes do not help ' +
      '(written: at least 5000 pages/s, each page counted once a pass; sent: 4000 pages/s)',
  );
  expect(told({ maxDowntime: 300 }, after([1010], rates))).toBe(
    'an estimated downtime of 300 ms (1010 pages at 4000 pages/s, and 47 ms for the suspend itself), at most 300 ms asked for',
  );
  expect(told({ timeout: 1500 }, within(2, 1523))).toBe('1.5 s of precopy, 1.5 s allowed');
  expect(told({ abortIfBusy: true }, after([1200, ...stalled, 1005], { ...rates, sendRate: 3000 }))).toBe(
    'the domain is busy (stall): the last 4 passes did not reduce the dirty pages (1000, 1000, 990, 1010, 1005): ' +
      'as many are written again while a pass is sent, so more passes do not help ' +
      '(written: at least 5000 pages/s, each page counted once a pass; sent: 3000 pages/s)' +
      '; suspended now, it would be paused for some 300 ms',
  );
  // Fewer pages a second than are sent, and a stall all the same: the sentence names no winner.
  const hotSet = { dirtyRate: 22984, sendRate: 29597 };
  expect(told({ maxDowntime: 30 }, after([40000, 39900, 40100, 40000], hotSet))).toBe(
    'the last 3 passes did not reduce the dirty pages (40000, 39900, 40100, 40000): ' +
      'as many are written again while a pass is sent, so more passes do not help ' +
      '(written: at least 22984 pages/s, each page counted once a pass; sent: 29597 pages/s)',
  );
  expect(
    told({ maxDowntime: 30 }, after([40000, 45000, 50000, 60000], { ...hotSet, dirtyRate: 35000 })),
  ).toMatch(/: more are written again while a pass is sent, so more passes do not help /);
  expect(told({ maxDowntime: 30 }, after([9], dear))).toBe(
    '9 pages dirty after 1 live pass: fewer would not help, as the suspend itself counts for 47 ms of the 30 ms asked for',
  );
  expect(told({ maxDowntime: 30, abortIfBusy: true }, after([9], dear))).toBe(
    'a downtime of 30 ms is out of reach: the suspend itself counts for 47 ms, however few pages are dirty',
  );
  const unmeasured = { ...rates, lineRate: undefined, leastDowntime: 47.2, sendRate: 3000 };
  expect(told({ abortIfBusy: true }, after([1200, ...stalled, 1005], unmeasured))).toMatch(
    /; suspended now, it would be paused for at least 47 ms and at most 300 ms \(how fast the line is without the bandwidth is not measured\)$/,
  );
  expect(told({ maxDowntime: 300 }, after([1010], unmeasured))).toBe(
    'an estimated downtime of at most 300 ms (1010 pages at 3000 pages/s while the bandwidth holds, and 47 ms for the suspend ' +
      'itself; how fast the line is without it is not measured), at most 300 ms asked for',
  );
  expect(told({ maxDowntime: 300 }, after([1010], { ...rates, lineRate: 9000.2 }))).toMatch(
    '1010 pages at 9000 pages/s',
  );
});

const contradictions: [Settings, string][] = [
  [{ abortIfBusy: true, precopyIterations: 0 }, '--abort-if-busy with --precopy-iterations 0: a domain that'],
  [{ timeoutAction: 'abort' }, '--timeout-action without --timeout: there is nothing to act on'],
  [{ bandwidthAlways: true }, '--bandwidth-always without --bandwidth: there is no limit to hold'],
];

test.each(contradictions)('%j contradicts itself', (settings, words) => {
  expect(contradictionText(contradictionIn(settings)!, optionOf)).toContain(words);
});

test('what is sound is no contradiction', () => {
  const sound = { abortIfBusy: true, timeout: 1, timeoutAction: 'abort', bandwidth: 1000 } as const;
  expect(contradictionIn({ ...sound, bandwidthAlways: true })).toBeUndefined();
  expect(contradictionIn({ bandwidthAlways: false })).toBeUndefined();
});

test('no two settings have a field or a letter in common', () => {
  const rows = settingNames.map(settingRow);
  const letters = rows.flatMap(({ letter }) => letter ?? []);
  expect(new Set(rows.map(({ field }) => field)).size).toBe(rows.length);
  expect(new Set(letters).size).toBe(letters.length);
});

test('the line is of interest where a downtime is asked for, or a policy of the operator decides', () => {
  const limit = { octetsPerSecond: 1e6, always: false };
  expect(bandwidthOf({ bandwidth: 1e6 })).toEqual({ ...limit, probe: false });
  expect(bandwidthOf({ bandwidth: 1e6, maxDowntime: 300 })).toEqual({ ...limit, probe: true });
  expect(bandwidthOf({ bandwidth: 1e6 }, true)).toEqual({ ...limit, probe: true });
  expect(bandwidthOf({ maxDowntime: 300 })).toBeUndefined();
});
