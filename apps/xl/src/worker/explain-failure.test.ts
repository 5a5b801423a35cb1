import { HostError } from '@mig/hypervisor';
import type { SourceOutcome, Standing } from '@mig/protocol/handshake';
import { InterruptedError } from '@mig/posix';
import { MigrationError, PrecopyAbortedError } from '@mig/sender';
import { expect, test } from 'vitest';
import { explainFailure } from './explain-failure.js';
import { RemnantError, SaveError } from './save-error.js';

const running = { paused: false, suspended: false, crashed: false, standing: 'free' as const };
const suspended = { ...running, suspended: true, standing: 'abandoned' as const };
const cause = new HostError('unavailable', 'it broke');

/** Exit statuses and advice, on which scripts and operators rely. */
const outcomes: Record<SourceOutcome, { left: MigrationError['left']; status: number; advice: RegExp }> = {
  untouched: { left: running, status: 1, advice: /NAME was not touched/ },
  'keeps-running': { left: running, status: 1, advice: /NAME keeps running here/ },
  resumed: { left: running, status: 1, advice: /has been resumed here/ },
  'left-suspended': { left: suspended, status: 5, advice: /'xl resume NAME' revives it/ },
  'resume-failed': { left: suspended, status: 5, advice: /suspended here and could not be resumed/ },
  unknown: { left: suspended, status: 3, advice: /NAME may be running at the target/ },
  destroyed: { left: 'gone', status: 1, advice: /no longer here/ },
  'destroy-failed': { left: suspended, status: 4, advice: /xl destroy NAME--migratedaway/ },
};

test.each(Object.entries(outcomes))('%s has its exit status and its advice', (outcome, expected) => {
  const error = new MigrationError('precopy', outcome as SourceOutcome, cause, { left: expected.left });
  const failure = explainFailure(error);
  expect(failure).toMatchObject({ message: 'it broke', exitStatus: expected.status, outcome });
  expect(failure.advice.join(' ')).toMatch(expected.advice);
});

/** Ends of precopy after which the domain keeps running here, with their exit statuses. */
const ends: [string, Error, number][] = [
  ['a goal that a limit came before', new PrecopyAbortedError({ code: 'busy', sentence: '' }), 6],
  ['a downtime out of reach', new PrecopyAbortedError({ code: 'out-of-reach', sentence: '' }), 6],
  ['a timeout that aborts', new PrecopyAbortedError({ code: 'timeout', sentence: '' }), 7],
  ['a policy that failed', new PrecopyAbortedError({ code: 'policy-failed', sentence: '' }), 7],
  ["a policy's own word", new PrecopyAbortedError({ code: 'sunday', sentence: '' }), 7],
  ['xl migrate-abort', new InterruptedError('operator'), 7],
  ['Ctrl-C', new InterruptedError('SIGINT'), 1],
];

test.each(ends)('of a migration that is ended by %s: the exit status', (_, cause, exitStatus) => {
  const failure = explainFailure(new MigrationError('precopy', 'keeps-running', cause, { left: running }));
  expect(failure).toMatchObject({
    exitStatus,
    advice: ['NAME keeps running here; the target discards its incomplete copy.'],
  });
});

test('nothing is to be resumed where nothing is suspended', () => {
  const failed = (left: MigrationError['left']) =>
    explainFailure(new MigrationError('taking-back', 'resume-failed', cause, { left, recoveryError: cause }));
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
      new MigrationError('awaiting-banner', 'untouched', cause, { left: { ...suspended, standing } }),
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
