import { sourceTable, type SourceState } from '@mig/protocol/handshake';
import { expect, test } from 'vitest';
import { stats } from '../../sender/src/policies/stats.test-support.js';
import { migration } from './operator.test-support.js';

const phases = Object.keys(sourceTable) as SourceState[];

/** The requests that an operator may make in each phase, or the code of the refusal. */
const table: Record<SourceState, { abort: string; switchover: string }> = {
  'awaiting-banner': { abort: 'yes', switchover: 'yes' },
  precopy: { abort: 'yes', switchover: 'yes' },
  suspending: { abort: 'yes', switchover: 'precopy-over' },
  'stop-and-copy': { abort: 'yes', switchover: 'precopy-over' },
  'awaiting-ready': { abort: 'yes', switchover: 'precopy-over' },
  'renaming-away': { abort: 'yes', switchover: 'precopy-over' },
  'giving-permission': { abort: 'past-no-return', switchover: 'precopy-over' },
  'awaiting-report': { abort: 'past-no-return', switchover: 'precopy-over' },
  'awaiting-permission-back': { abort: 'decided', switchover: 'precopy-over' },
  'taking-back': { abort: 'decided', switchover: 'precopy-over' },
  'taken-back': { abort: 'decided', switchover: 'precopy-over' },
  destroying: { abort: 'decided', switchover: 'precopy-over' },
  completed: { abort: 'decided', switchover: 'precopy-over' },
};

function verdict(answer: object | undefined): string {
  return answer !== undefined && 'refused' in answer ? String(answer.refused) : 'yes';
}

test.each(phases)('%s', (phase) => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: phase });
  expect({ abort: verdict(steered.abort()), switchover: verdict(steered.switchover(true)) }).toEqual(
    table[phase],
  );
  expect(verdict(steered.set({ precopyIterations: 9 }))).toBe(table[phase].switchover);
  expect(verdict(steered.hold({}, true))).toBe(table[phase].switchover);
  expect(verdict(steered.hold({}, false))).toBe('yes');
  expect(done).toEqual([
    ...(table[phase].abort === 'yes' ? ['stop'] : []),
    ...(table[phase].switchover === 'yes' ? ['switchover', { precopyIterations: 9 }, 'hold'] : []),
  ]);
});

test('in the first pass a switchover is refused with what is left, unless it is to be now', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  steered.progress.onEvent({
    kind: 'pass-started',
    pass: { kind: 'precopy', iteration: 0, dirtyPages: 4096 },
  });
  steered.progress.onEvent({
    kind: 'pass-progress',
    pass: { iteration: 0, dirtyPages: 4096, pagesDone: 1096 },
  });
  steered.progress.onEvent({
    kind: 'consulted',
    stats: stats({ point: 'between-batches', sendRate: 2000 }),
    answer: { decision: 'continue-precopy' },
  });
  expect(steered.switchover(false)).toEqual({
    refused: 'first-pass',
    message:
      'the first pass is not finished, and 3000 pages are still unsent: busy would be paused for up to 1.5 s',
  });
  expect(done).toEqual([]);
  expect(steered.switchover(true)).toMatchObject({ phase: 'precopy', estimatedDowntimeMilliseconds: 1500 });
  expect(done).toEqual(['switchover']);
});

test('it is held until the last who holds it lets go', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const [one, other] = [{}, {}];
  const orders = [
    [one, true],
    [one, true],
    [other, true],
    [one, false],
    [one, false],
    [other, false],
    [other, false],
  ] as const;
  for (const [holder, held] of orders) expect(verdict(steered.hold(holder, held))).toBe('yes');
  expect(done).toEqual(['hold', 'let go']);
});

test('what was set is said, and steers', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const course = { precopyIterations: 9, precopyThreshold: 50 };
  expect(steered.set({ precopyIterations: 9 })).toEqual(course);
  expect(steered.set({ timeoutAction: 'abort' })).toMatchObject({ refused: 'bad-value' });
  expect(steered.status().course).toEqual(course);
  expect(done).toEqual([{ precopyIterations: 9 }]);
});

test('once the end of precopy is decided nothing of it can be set', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const reason = { code: 'iterations', sentence: '5 live passes made, 5 allowed' };
  steered.progress.onEvent({
    kind: 'consulted',
    stats: stats({ iteration: 5, dirtyCount: 900 }),
    answer: { decision: 'stop-and-copy', reason },
  });
  expect(steered.set({ precopyIterations: 9 })).toEqual({
    refused: 'precopy-over',
    message: 'precopy of busy is about to end: 5 live passes made, 5 allowed',
  });
  expect(done).toEqual([]);
});

test('in the first pass a timeout that has passed already is refused, unless it aborts', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  steered.progress.onEvent({
    kind: 'pass-started',
    pass: { kind: 'precopy', iteration: 0, dirtyPages: 4096 },
  });
  expect(steered.set({ timeout: 0.001 })).toMatchObject({
    refused: 'bad-value',
    message: expect.stringMatching(
      /^--timeout 0.000001 s from the beginning have passed already, and the first pass/,
    ) as string,
  });
  expect(done).toEqual([]);
  expect(steered.set({ timeout: 0.001, timeoutAction: 'abort' })).not.toHaveProperty('refused');
  expect(steered.set({ timeout: 1e9, timeoutAction: 'suspend' })).not.toHaveProperty('refused');
});

test('a downtime that is a condition and out of reach is not set: it would end the migration', () => {
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  steered.progress.onEvent({
    kind: 'consulted',
    stats: stats({ suspendCost: 41 }),
    answer: { decision: 'continue-precopy' },
  });
  expect(steered.set({ maxDowntime: 41, abortIfBusy: true })).toEqual({
    refused: 'bad-value',
    message:
      '--max-downtime 41 with --abort-if-busy: out of reach, since the suspend itself counts for 41 ms; the migration would ' +
      'end at once, as migrate-abort ends it',
  });
  expect(done).toEqual([]);
  for (const change of [
    { maxDowntime: 42, abortIfBusy: true },
    { maxDowntime: 20, abortIfBusy: false },
    { maxDowntime: 20, abortIfBusy: true, precopyThreshold: 90 },
  ]) {
    expect(verdict(steered.set(change))).toBe('yes');
  }
});
