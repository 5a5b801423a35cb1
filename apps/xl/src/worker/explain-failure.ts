/** Words the end of a failed task: what failed, what became of the domain, what to do next. */
import { HostError } from '@mig/hypervisor';
import { InterruptedError } from '@mig/posix';
import {
  isHeld,
  type SourceOutcome,
  type SourceState,
  sourceTable,
  type TargetOutcome,
} from '@mig/protocol/handshake';
import { ReceiveError } from '@mig/receiver';
import { MigrationError, PrecopyAbortedError } from '@mig/sender';
import { describeError } from '../output/errors.js';
import { ExitStatus } from '../output/exit-status.js';
import { RemnantError, SaveError } from './save-error.js';
import type { Failure } from './task.js';

export function explainFailure(error: unknown): Failure {
  if (error instanceof MigrationError) return migrationFailure(error);
  if (error instanceof ReceiveError) return receiveFailure(error);
  if (error instanceof SaveError) return saveFailure(error);
  if (error instanceof RemnantError) {
    const advice = [
      'The image is complete; the domain is suspended here and could not be destroyed.',
      "Remove it with 'xl destroy'. Never resume it where the image is to be restored.",
    ];
    return { message: reason(error.cause), advice, exitStatus: ExitStatus.remnantLeft };
  }
  return { message: reason(error), advice: [], exitStatus: ExitStatus.failure };
}

const runsHere = ExitStatus.failure;

/** Advice and exit status for each outcome. NAME and HOST stand for the domain's name and its destination. */
const atSource: Record<SourceOutcome, { advice: readonly string[]; exitStatus: number }> = {
  untouched: {
    advice: ['NAME was not touched: it runs here as before.'],
    exitStatus: runsHere,
  },
  'keeps-running': {
    advice: ['NAME keeps running here; the target discards its incomplete copy.'],
    exitStatus: runsHere,
  },
  resumed: {
    advice: ['NAME was suspended and has been resumed here; the target discards its copy.'],
    exitStatus: runsHere,
  },
  'left-suspended': {
    advice: ["NAME is suspended here: 'xl resume NAME' revives it."],
    exitStatus: ExitStatus.suspendedHere,
  },
  'resume-failed': {
    advice: [
      'NAME is suspended here and could not be resumed; the target has no copy that runs.',
      "See its name and state with 'xl list', then revive it with 'xl resume'; where it is called NAME--migratedaway, with",
      "'xl resume --force NAME--migratedaway'.",
    ],
    exitStatus: ExitStatus.suspendedHere,
  },
  unknown: {
    advice: [
      '** NAME may be running at the target: it had been given permission, and no report came back. **',
      'Here it stays suspended as NAME--migratedaway, so that it cannot run twice.',
      "See with 'xl list' on HOST whether NAME runs there. Then, and only then, here:",
      '  if it runs there:                     xl destroy NAME--migratedaway',
      '  if NAME--incoming is there:           wait, it may start; or destroy it there, and look again',
      '  if neither is there:                  xl resume --force NAME--migratedaway',
      'Two running copies of one domain would destroy its data.',
    ],
    exitStatus: ExitStatus.outcomeUnknown,
  },
  destroyed: {
    advice: ['NAME runs at the target.'],
    exitStatus: ExitStatus.failure,
  },
  'destroy-failed': {
    advice: [
      'NAME runs at the target. Its old copy here could not be destroyed; it stays suspended as NAME--migratedaway.',
      "Remove it with 'xl destroy NAME--migratedaway'. Never resume it.",
    ],
    exitStatus: ExitStatus.remnantLeft,
  },
};

function migrationFailure(error: MigrationError): Failure {
  const { advice, exitStatus } = atSource[error.outcome];
  const { left } = error;
  const recoveryError =
    error.recoveryError === undefined || left === 'gone'
      ? []
      : [`Bringing it back failed: ${reason(error.recoveryError)}`];
  return {
    message: reason(error.cause),
    advice: [...recoveryError, ...(foundOtherwise(error) ?? advice)],
    exitStatus: statusOf(error, exitStatus),
    state: error.state,
    outcome: error.outcome,
    ...(error.cause instanceof PrecopyAbortedError && { reason: error.cause.reason.code }),
  };
}

/** Words the failure of a migration whose thread has died in that state: nothing has been handled. */
export function explainDeath(error: unknown, state: SourceState): Failure {
  const outcome = sourceTable[state].ifKilled;
  return { message: reason(error), ...atSource[outcome], state, outcome };
}

/**
 * Codes of the decisions by which `--abort-if-busy` keeps a domain here: no mistakes, and another attempt may
 * succeed.
 */
const conditionsMissed: ReadonlySet<string> = new Set(['busy', 'out-of-reach']);

function statusOf({ cause, left }: MigrationError, status: number): number {
  // Nothing can be resumed if the domain is gone, or runs under a name that is not its own.
  if (status === ExitStatus.suspendedHere && isNotSuspended(left)) return ExitStatus.failure;
  if (status !== runsHere || left === 'gone') return status;
  if (cause instanceof PrecopyAbortedError) {
    return conditionsMissed.has(cause.reason.code) ? ExitStatus.busy : ExitStatus.aborted;
  }
  return cause instanceof InterruptedError && cause.reason === 'operator' ? ExitStatus.aborted : status;
}

function isNotSuspended(left: MigrationError['left']): boolean {
  if (left === undefined || left === 'gone') return left === 'gone';
  // A domain that does not answer counts as crashed: its state is unknown.
  return !left.suspended && !left.crashed;
}

/** Words the state of the domain here if it differs from the table's. */
function foundOtherwise({ outcome, left }: MigrationError): string[] | undefined {
  if (left === 'gone')
    return ['NAME is no longer here: it ended, or somebody destroyed or saved it meanwhile.'];
  if (outcome === 'resume-failed' && isNotSuspended(left)) {
    return [
      "NAME runs here, but its own name was not to be had: see 'xl list'; 'xl rename' gives it another than NAME--migratedaway.",
    ];
  }
  if (!['untouched', 'keeps-running', 'resumed'].includes(outcome)) return undefined;
  if (left === undefined) return ["How NAME is here could not be told: see 'xl list'."];
  if (left.crashed)
    return ["NAME has crashed here or does not answer: 'xl console NAME' shows its last words."];
  if (left.standing !== 'unknown' && isHeld(left.standing))
    return ['NAME is in the hands of another migration or save; nothing was done to it.'];
  if (left.standing === 'away') {
    return ["NAME was sent to another host, which may be running it: 'xl resume NAME' says where to look."];
  }
  if (left.suspended) return ["NAME is suspended here: 'xl resume NAME' revives it."];
  if (left.paused) return ["NAME is paused here, as it was: 'xl unpause NAME' lets it run."];
  return undefined;
}

const atTarget: Record<TargetOutcome, readonly string[]> = {
  none: ['Nothing was received.'],
  destroyed: ['The incoming copy is gone.'],
  'destroy-failed': [
    "The incoming copy could not be destroyed: remove it with 'xl destroy'. Never unpause it.",
  ],
  runs: ['The domain runs here; the source could not be told.'],
  'runs-or-destroyed': ["See with 'xl list' whether the domain runs here."],
  unknown: ["See with 'xl list' what is here."],
};

function receiveFailure(error: ReceiveError): Failure {
  const recoveryError = error.recoveryError === undefined ? [] : [reason(error.recoveryError)];
  return {
    message: reason(error.cause),
    advice: [...recoveryError, ...atTarget[error.outcome]],
    exitStatus: ExitStatus.failure,
    state: error.state,
    outcome: error.outcome,
  };
}

const afterSave = {
  running: 'The domain keeps running.',
  resumed: 'The domain has been resumed.',
  'as-it-was': 'The domain is as it was.',
  gone: 'The domain is no longer here: it ended, or somebody destroyed it meanwhile.',
} as const;

function saveFailure({ cause, domain }: SaveError): Failure {
  if (domain.kind === 'suspended') {
    const advice = [
      `The domain is suspended and could not be resumed: ${reason(domain.problem)}`,
      "Revive it with 'xl resume DOMAIN'.",
    ];
    return { message: reason(cause), advice, exitStatus: ExitStatus.suspendedHere };
  }
  return { message: reason(cause), advice: [afterSave[domain.kind]], exitStatus: ExitStatus.failure };
}

const signalWords: Record<string, string> = {
  SIGINT: 'stopped by Ctrl-C',
  SIGTERM: 'stopped by SIGTERM',
  SIGHUP: 'stopped: the terminal was closed',
  operator: 'stopped by xl migrate-abort',
};

function reason(error: unknown): string {
  if (error instanceof InterruptedError) return signalWords[error.reason] ?? error.message;
  if (error instanceof HostError) return error.message;
  return describeError(error);
}
