import { expect, test } from 'vitest';
import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';
import { simplePolicy } from './simple-policy.js';

function stats(point: ConsultationPoint, iteration: number, dirtyCount?: number): PrecopyStats {
  return {
    point,
    iteration,
    dirtyCount,
    totalWritten: 0,
    elapsedMilliseconds: 0,
    sendRate: undefined,
    dirtyRate: undefined,
    estimatedDowntime: undefined,
  };
}

const known = 'dirty-count-known';
const finished = 'pass-finished';
const rows: [string, PrecopyStats, string][] = [
  ['before the first pass, however few pages there are', stats(known, 0, 3), 'continue-precopy'],
  ['one page above the threshold', stats(known, 1, 51), 'continue-precopy'],
  ['at the threshold', stats(known, 1, 50), 'stop-and-copy: threshold'],
  ['count unknown, passes left', stats(finished, 4), 'continue-precopy'],
  ['count unknown, passes made', stats(finished, 5), 'stop-and-copy: iterations'],
  ['both reached', stats(known, 5, 50), 'stop-and-copy: threshold'],
  ['in the middle of a pass', stats('between-batches', 5), 'continue-precopy'],
];

test.each(rows)('%s', (_, given, expected) => {
  const answer = simplePolicy()(given);
  expect(answer.decision + ('reason' in answer ? `: ${answer.reason.code}` : '')).toBe(expected);
});

test('no iterations: not even the first pass', () => {
  expect(simplePolicy(0)(stats(known, 0, 1000))).toMatchObject({
    decision: 'stop-and-copy',
    reason: { sentence: '0 live passes made, 0 allowed' },
  });
});
