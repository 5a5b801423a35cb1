import type { CourseChange } from '@mig/protocol/operator';
import { expect, test } from 'vitest';
import { changedCourse, type Course, courseInForce } from './course.js';

const stock: Course = { policy: {} };
const slow: Course = { policy: {}, bandwidth: { octetsPerSecond: 1e6, always: true } };
const timed: Course = { policy: { timeout: 30_000, timeoutAction: 'abort' } };

const changes: { what: string; from: Course; change: CourseChange; gives: object }[] = [
  {
    what: 'nothing',
    from: stock,
    change: {},
    gives: { precopyIterations: 5, precopyThreshold: 50 },
  },
  {
    what: 'a goal, with which there is more time',
    from: stock,
    change: { maxDowntimeMilliseconds: 300 },
    gives: { precopyIterations: 30, maxDowntimeMilliseconds: 300 },
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
    what: 'the timeout unset, and what it does',
    from: timed,
    change: { timeoutMilliseconds: null, precopyIterations: 0 },
    gives: { precopyIterations: 0, precopyThreshold: 50 },
  },
];

test.for(changes)('$what', ({ from, change, gives }) => {
  const course = changedCourse(from, change);
  if (typeof course === 'string') throw new Error(course);
  expect(courseInForce(course, false)).toEqual(gives);
});

test('beside a policy of the operator there are no defaults', () => {
  expect(courseInForce({ policy: { precopyIterations: 9 } }, true)).toEqual({ precopyIterations: 9 });
});

const refusals: [string, Course, CourseChange, RegExp][] = [
  ['no downtime at all', stock, { maxDowntimeMilliseconds: 0 }, /^--max-downtime 0:/],
  ['no time at all', stock, { timeoutMilliseconds: 0 }, /^--timeout 0:/],
  ['hardly any bandwidth', stock, { bandwidth: 999 }, /^--bandwidth 999 /],
  ['a bandwidth that lasts, and none', stock, { bandwidthAlways: true }, /^--bandwidth-always without/],
  ['an action without a timeout', stock, { timeoutAction: 'abort' }, /^--timeout-action without/],
  ['busy at once', stock, { abortIfBusy: true, precopyIterations: 0 }, /^--abort-if-busy with/],
];

test.each(refusals)('refused by name: %s', (_, from, change, words) => {
  expect(changedCourse(from, change)).toMatch(words);
});
