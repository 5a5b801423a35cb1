import type { KnownTraceRecord, RecordOf } from '@mig/trace';
import { expect, test } from 'vitest';
import { reportModelOf } from './report-model.js';
import { failed, sample } from './sample.test-support.js';
import { verdictOf } from './verdict.js';

/** The sample with another goal, and with this downtime. */
function succeeded(goal: number | undefined, downtimeMilliseconds: number): KnownTraceRecord[] {
  return sample.map((record) => {
    if (record.type === 'complete') return { ...record, downtimeMilliseconds };
    if (record.type !== 'header') return record;
    return { ...record, settings: goal === undefined ? {} : { 'max-downtime': goal } };
  });
}

function ended(fields: Partial<RecordOf<'failed'>>): KnownTraceRecord[] {
  return failed.map((record) => (record.type === 'failed' ? { ...record, ...fields } : record));
}

const headingOf = (records: readonly KnownTraceRecord[]) => {
  const { kind, heading } = verdictOf(reportModelOf(records));
  return [kind, heading];
};

test.each([
  [300, 330, 'missed', 'Succeeded: downtime 330 ms, more than the 300 ms asked for'],
  [300, 300, 'succeeded', 'Succeeded: downtime 300 ms, within the 300 ms asked for'],
  [300, 300.3, 'missed', 'Succeeded: downtime 300.3 ms, more than the 300 ms asked for'],
  [undefined, 330, 'succeeded', 'Succeeded: downtime 330 ms'],
] as const)('of a goal of %s ms and a downtime of %d ms', (goal, downtime, kind, heading) => {
  expect(headingOf(succeeded(goal, downtime))).toEqual([kind, heading]);
});

test('the goal is that which held in the end', () => {
  const changed = { type: 'course', at: 2612, settings: { 'max-downtime': 100 } } as const;
  const records = [...sample.slice(0, 10), changed, ...sample.slice(10)];
  expect(headingOf(records)).toEqual(['succeeded', 'Succeeded: downtime 47 ms, within the 100 ms asked for']);
});

test.each([
  [{ stoppedBy: 'operator', message: 'stopped by mig migrate-abort' }, '', 'Stopped by mig migrate-abort.'],
  [
    { stoppedBy: 'signal', message: 'stopped because the terminal was closed' },
    '',
    'Stopped because the terminal was closed.',
  ],
  [
    { stoppedBy: 'policy', reason: 'busy', message: 'the domain is busy (stall)' },
    ' by --abort-if-busy',
    'The domain is busy (stall).',
  ],
  [
    { stoppedBy: 'policy', reason: 'timeout', message: '2 s allowed' },
    ' by --timeout-action abort',
    '2 s allowed.',
  ],
  [{ stoppedBy: 'policy', reason: 'mine', message: 'not today' }, ' by the policy', 'Not today.'],
] as const)('an abort that was asked for is none that failed: %j', (fields, by, why) => {
  const { kind, heading, sentences } = verdictOf(reportModelOf(ended(fields)));
  expect([kind, heading, sentences[0]]).toEqual(['aborted', `Aborted as asked${by}`, why]);
});

test.each([
  [{ message: 'the stream ended' }],
  [{ message: 'the policy threw', exitStatus: 7, reason: 'policy-failed' }],
  // Nobody asked for a domain whose whereabouts are unknown.
  [{ message: 'stopped by Ctrl-C', exitStatus: 3, outcome: 'unknown' }],
])('what nobody asked for has failed: %j', (fields) => {
  expect(headingOf(ended(fields))).toEqual(['failed', `Failed: ${fields.message}`]);
});
