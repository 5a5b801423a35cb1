import { expect, test } from 'vitest';
import type { PrecopyStats } from '@mig/hypervisor';
import { simplePolicy } from './simple-policy.js';
import { inShort, stats } from './stats.test-support.js';

const finished = 'pass-finished';
const rows: [string, PrecopyStats, string][] = [
  ['before the first pass, however few pages', stats({ dirtyCount: 3 }), 'continue-precopy'],
  ['one page above the threshold', stats({ iteration: 1, dirtyCount: 51 }), 'continue-precopy'],
  ['at the threshold', stats({ iteration: 1, dirtyCount: 50 }), 'stop-and-copy: threshold'],
  ['count unknown, passes left', stats({ point: finished, iteration: 4 }), 'continue-precopy'],
  ['count unknown, passes made', stats({ point: finished, iteration: 5 }), 'stop-and-copy: iterations'],
  ['both reached', stats({ iteration: 5, dirtyCount: 50 }), 'stop-and-copy: threshold'],
  ['in the middle of a pass', stats({ point: 'between-batches', iteration: 5 }), 'continue-precopy'],
];

test.each(rows)('%s', (_, given, expected) => {
  expect(inShort(simplePolicy()(given))).toBe(expected);
});

test('no iterations: not even the first pass', () => {
  expect(simplePolicy(0)(stats({ dirtyCount: 1000 }))).toMatchObject({
    decision: 'stop-and-copy',
    reason: { sentence: '0 live passes made, 0 allowed' },
  });
});
