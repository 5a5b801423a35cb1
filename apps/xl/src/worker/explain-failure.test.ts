import { HostError } from '@mig/hypervisor';
import { type SourceOutcome, type SourceState, sourceTable, type Standing } from '@mig/protocol/handshake';
import { EndOfInputError, InterruptedError } from '@mig/posix';
import { StreamError } from '@mig/protocol/errors';
import { ReceiveError } from '@mig/receiver';
import { MigrationError, PrecopyAbortedError } from '@mig/sender';
import { expect, test } from 'vitest';
import { explainDeath, explainFailure } from './explain-failure.js';
import { RemnantError, SaveError } from './save-error.js';

const running = { paused: false, suspended: false, crashed: false, standing: 'free' as const };
const suspended = { ...running, suspended: true, standing: 'abandoned' as const };
const cause = new HostError('unavailable', 'it broke');

/** Exit statuses and advice, on which scripts and operators rely. */
const outcomes: Record<SourceOutcome, { found: MigrationError['found']; status: number; advice: RegExp }> = {
  untouched: { found: running, status: 1, advice: /NAME was not touched/ },
  'keeps-running': { found: running, status: 1, advice: /NAME keeps running here/ },
  resumed: { found: running, status: 1, advice: /has been resumed here/ },
  'left-suspended': { found: suspended, status: 5, advice: /'mig resume NAME' revives it/ },
  'resume-failed': { found: suspended, status: 5, advice: /suspended here and could not be resumed/ },
  unknown: { found: suspended, status: 3, advice: /Here it stays suspended as NAME--migratedaway/ },
  destroyed: { found: 'gone', status: 1, advice: /no longer here/ },
  'destroy-failed': { found: suspended, status: 4, advice: /xl destroy NAME--migratedaway/ },
};

test.each(Object.entries(outcomes))('%s has its exit status and its advice', (outcome, expected) => {
  const error = new MigrationError('precopy', outcome as SourceOutcome, cause, { found: expected.found });
  const failure = explainFailure(error);
  expect(failure).toMatchObject({ message: 'it broke', exitStatus: expected.status, outcome });
  expect(failure.advice.join(' ')).toMatch(expected.advice);
});

test('where it is unknown who runs it, every state says what is known', () => {
  for (const [state, { onFailure, ifKilled }] of Object.entries(sourceTable)) {
    const known = /^\*\* .*(?:may be running|was resumed here is unknown)/;
    const failure = new MigrationError(state as SourceState, onFailure, cause, { found: suspended });
    if (onFailure === 'unknown') expect(explainFailure(failure).advice[0]).toMatch(known);
    if (ifKilled === 'unknown') expect(explainDeath(cause, state as SourceState).advice[0]).toMatch(known);
  }
});

test('a report of failure is not said to be missing', () => {
  const failure = new MigrationError('awaiting-permission-back', 'unknown', cause, { found: suspended });
  expect(explainFailure(failure).advice.join(' ')).not.toContain('no report');
});

/** Ends of precopy after which the domain keeps running here, with their exit statuses. */
const ends: [string, Error, number][] = [
  ['a goal that a limit came before', new PrecopyAbortedError({ code: 'busy', sentence: '' }), 6],
  ['a downtime out of reach', new PrecopyAbortedError({ code: 'out-of-reach', sentence: '' }), 6],
  ['a timeout that aborts', new PrecopyAbortedError({ code: 'timeout', sentence: '' }), 7],
  ['a policy that failed', new PrecopyAbortedError({ code: 'policy-failed', sentence: '' }), 7],
  ["a policy's own word", new PrecopyAbortedError({ code: 'sunday', sentence: '' }), 7],
  ['mig migrate-abort', new InterruptedError('operator'), 7],
  ['Ctrl-C', new InterruptedError('SIGINT'), 1],
];

test.each(ends)('of a migration that is ended by %s: the exit status', (_, cause, exitStatus) => {
  const failure = explainFailure(new MigrationError('precopy', 'keeps-running', cause, { found: running }));
  expect(failure).toMatchObject({
    exitStatus,
    advice: ['NAME keeps running here; the target discards its incomplete copy.'],
  });
});

/** Cases of who asked for an end: a failure is nobody's wish, and neither is what becomes of a domain that is not as it was. */
const stoppers: [string, Error, SourceOutcome, string | undefined][] = [
  ['Ctrl-C', new InterruptedError('SIGINT'), 'keeps-running', 'signal'],
  ['Ctrl-C after the suspend', new InterruptedError('SIGINT'), 'resumed', 'signal'],
  ['mig migrate-abort', new InterruptedError('operator'), 'keeps-running', 'operator'],
  ['a timeout that aborts', new PrecopyAbortedError({ code: 'timeout', sentence: '' }), 'keeps-running', 'policy'],
  ['a condition', new PrecopyAbortedError({ code: 'busy', sentence: '' }), 'keeps-running', 'policy'],
  ['a policy that failed', new PrecopyAbortedError({ code: 'policy-failed', sentence: '' }), 'keeps-running', undefined],
  ['Ctrl-C, and it could not be resumed', new InterruptedError('SIGINT'), 'resume-failed', undefined],
  ['Ctrl-C too late', new InterruptedError('SIGINT'), 'unknown', undefined],
  ['a failure', cause, 'keeps-running', undefined],
]; // prettier-ignore

test.each(stoppers)('%s is told from a failure', (_, why, outcome, stoppedBy) => {
  expect(explainFailure(new MigrationError('precopy', outcome, why, { found: running })).stoppedBy).toBe(
    stoppedBy,
  );
});

test.each([
  ['gone', 'gone'],
  ['crashed, or does not answer', { ...running, crashed: true }],
  ['suspended', { ...running, suspended: true }],
  ['sent to another host', { ...running, standing: 'away' }],
  ['in the hands of another command', { ...running, standing: 'taken' }],
  ['not to be looked at', undefined],
] as const)('a stop is a failure where the domain is %s', (_, found) => {
  for (const why of ['SIGINT', 'operator'] as const) {
    const error = new MigrationError('precopy', 'keeps-running', new InterruptedError(why), { found });
    const { stoppedBy, asBefore, exitStatus } = explainFailure(error);
    expect({ stoppedBy, asBefore, exitStatus }).toEqual({ asBefore: false, exitStatus: 1 });
  }
});

const end = new EndOfInputError('the stream from the source', 4000, 8);
test.each([
  [
    'within a record',
    new StreamError('truncated', end.message, { layer: 'libxc', offset: 3000, cause: end }),
  ],
  ['between the layers', end],
])('a target whose stream ends %s says so in one sentence, and of no octets', (_, error) => {
  expect(explainFailure(new ReceiveError('restoring', 'destroyed', error))).toMatchObject({
    message:
      'the source ended the migration, or the connection to it broke, before all of the domain had arrived: ' +
      'the incoming copy is gone',
    advice: [],
  });
  const kept = explainFailure(new ReceiveError('restoring', 'destroy-failed', error, cause));
  expect(kept.message).not.toContain('is gone');
  expect(kept.advice).toEqual(['it broke', expect.stringContaining('could not be destroyed')]);
});

test('a stream that is damaged says where', () => {
  const error = new StreamError('bad-value', 'a bad pfn', { layer: 'libxc', offset: 3000 });
  expect(explainFailure(new ReceiveError('restoring', 'destroyed', error))).toMatchObject({
    message: 'libxc at byte 3000: a bad pfn',
    advice: ['The incoming copy is gone.'],
  });
});

test('nothing is to be resumed where nothing is suspended', () => {
  const failed = (found: MigrationError['found']) =>
    explainFailure(
      new MigrationError('taking-back', 'resume-failed', cause, { found, recoveryError: cause }),
    );
  expect(failed('gone')).toMatchObject({ exitStatus: 1 });
  expect(failed('gone').advice).toEqual([expect.stringContaining('NAME is no longer here')]);
  expect(failed({ ...running, crashed: true })).toMatchObject({ exitStatus: 5 });
  expect(failed(undefined)).toMatchObject({ exitStatus: 5 });
  expect(failed(running)).toMatchObject({ exitStatus: 1 });
  expect(failed(running).advice.at(-1)).toMatch(/^NAME runs here/);
});

test('a domain in the hands of another is not to be resumed', () => {
  const found = (standing: Standing) =>
    explainFailure(
      new MigrationError('awaiting-banner', 'untouched', cause, { found: { ...suspended, standing } }),
    );
  expect(found('suspended').advice).toEqual([expect.stringContaining('in the hands of another')]);
  expect(found('away').advice).toEqual([expect.stringContaining('sent to another host')]);
});

test('a save says what became of the domain', () => {
  const failed = (error: Error) => explainFailure(error);
  expect(failed(new SaveError(cause, { kind: 'running' }))).toMatchObject({
    exitStatus: 1,
    advice: ['The domain keeps running.'],
  });
  expect(failed(new SaveError(cause, { kind: 'suspended', problem: cause }))).toMatchObject({
    exitStatus: 5,
  });
  expect(failed(new RemnantError(cause))).toMatchObject({ exitStatus: 4 });
});
