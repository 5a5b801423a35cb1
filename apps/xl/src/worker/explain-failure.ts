/** Words the end of a failed task: what failed, what became of the domain, what to do next. */
import { HostError } from '@mig/hypervisor';
import { EndOfInputError, InterruptedError } from '@mig/posix';
import { StreamError } from '@mig/protocol/errors';
import {
  isHeld,
  runsAsBefore,
  type SourceOutcome,
  type SourceState,
  sourceTable,
  type TargetOutcome,
} from '@mig/protocol/handshake';
import { ReceiveError } from '@mig/receiver';
import {
  ArrivalRefusedError,
  BannerError,
  DigestNotOfferedError,
  MigrationError,
  PrecopyAbortedError,
} from '@mig/sender';
import { describeError } from '../output/errors.js';
import { ExitStatus } from '../output/exit-status.js';
import { signalWords } from '../output/signals.js';
import { RemnantError, SaveError } from './save-error.js';
import type { Stopper, TaskFailure } from './task.js';

export function explainFailure(error: unknown): TaskFailure {
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

/** Advice and exit status for each outcome. NAME, THE_UUID and HOST stand for the domain's and for its destination. */
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
    advice: ["NAME is suspended here: 'mig resume NAME' revives it."],
    exitStatus: ExitStatus.suspendedHere,
  },
  'resume-failed': {
    advice: [
      'NAME is suspended here and could not be resumed; the target has no copy that runs.',
      "See its name and state with 'xl list', then revive it with 'mig resume'; where it is called NAME--migratedaway, with",
      "'mig resume --force NAME--migratedaway'.",
    ],
    exitStatus: ExitStatus.suspendedHere,
  },
  // After a sentence of `whyUnknown`.
  unknown: {
    advice: [
      'Here it stays suspended as NAME--migratedaway, so that it cannot run twice.',
      "See with 'xl list -v' on HOST whether a domain with the UUID THE_UUID is there, by any name.",
      'Then, and only then, here:',
      '  if its name there ends in --incoming:  wait, it may start; or destroy it there, and look again',
      '  if it is there by another name:        xl destroy NAME--migratedaway',
      '  if no such domain is there:            mig resume --force NAME--migratedaway',
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

/** The states whose end leaves it unknown where the domain runs: what is known. */
const whyUnknown: Partial<Record<SourceState, string>> = {
  'giving-permission': '** NAME may be running at the target: permission to run it may have got there. **',
  'awaiting-report':
    '** NAME may be running at the target: it was given permission, and no report came back. **',
  'awaiting-permission-back':
    '** NAME may be running at the target: it reported that it could not start NAME, and has not given it back. **',
  'taking-back':
    '** The target could not start NAME and gave it back; whether it was resumed here is unknown. **',
};

function adviceOf(outcome: SourceOutcome, state: SourceState): readonly string[] {
  const { advice } = atSource[outcome];
  const why = outcome === 'unknown' ? whyUnknown[state] : undefined;
  return why === undefined ? advice : [why, ...advice];
}

function migrationFailure(error: MigrationError): TaskFailure {
  const { exitStatus } = atSource[error.outcome];
  const { found, outcome, state } = error;
  const stoppedBy = stopperOf(error);
  const recoveryError =
    error.recoveryError === undefined || found === 'gone'
      ? []
      : [`Bringing it back failed: ${reason(error.recoveryError)}`];
  return {
    message: reason(error.cause),
    advice: [
      ...recoveryError,
      ...(foundOtherwise(error) ?? adviceOf(outcome, state)),
      ...(error.cause instanceof DigestNotOfferedError ? [WITHOUT_DIGEST] : []),
    ],
    exitStatus: statusOf(error, exitStatus),
    state,
    outcome,
    asBefore: isAsItWas(error),
    ...(error.cause instanceof PrecopyAbortedError && { reason: error.cause.reason.code }),
    ...(stoppedBy !== undefined && { stoppedBy }),
    ...(error.cause instanceof ArrivalRefusedError && { refusal: error.cause.code }),
    ...heardInstead(error.cause),
  };
}

/** Advice where the target checks no digests. */
const WITHOUT_DIGEST =
  'Without --digest it can go there unchecked, or with --debug, which has the target compare all of memory.';

function heardInstead(cause: unknown): Pick<TaskFailure, 'heard'> {
  return cause instanceof BannerError && cause.verdict.kind === 'other'
    ? { heard: cause.verdict.firstLine }
    : {};
}

/** Tells who asked for the end of a migration; undefined if nobody did, or the domain is not as it was. */
function stopperOf(error: MigrationError): Stopper | undefined {
  const { cause } = error;
  if (!isAsItWas(error)) return undefined;
  if (cause instanceof PrecopyAbortedError)
    return cause.reason.code === 'policy-failed' ? undefined : 'policy';
  if (!(cause instanceof InterruptedError) || cause.reason === 'peer-gone') return undefined;
  return cause.reason === 'operator' ? 'operator' : 'signal';
}

/** Tells whether the domain was found here afterwards, running or paused, and in nobody's hands. */
function isAsItWas({ outcome, found }: MigrationError): boolean {
  if (!runsAsBefore(outcome) || found === undefined || found === 'gone') return false;
  return !found.crashed && !found.suspended && found.standing === 'free';
}

/** Words the failure of a migration whose thread has died in that state: nothing has been handled. */
export function explainDeath(error: unknown, state: SourceState): TaskFailure {
  const outcome = sourceTable[state].ifKilled;
  const { exitStatus } = atSource[outcome];
  const asBefore = runsAsBefore(outcome);
  return { message: reason(error), advice: adviceOf(outcome, state), exitStatus, state, outcome, asBefore };
}

/**
 * Codes of the decisions by which `--abort-if-busy` keeps a domain here: no mistakes, and another attempt may
 * succeed.
 */
const conditionsMissed: ReadonlySet<string> = new Set(['busy', 'out-of-reach']);

function statusOf(error: MigrationError, status: number): number {
  const { cause, found } = error;
  // Nothing can be resumed if the domain is gone, or runs under a name that is not its own.
  if (status === ExitStatus.suspendedHere && isNotSuspended(found)) return ExitStatus.failure;
  if (status !== runsHere || !isAsItWas(error)) return status;
  if (cause instanceof PrecopyAbortedError) {
    return conditionsMissed.has(cause.reason.code) ? ExitStatus.busy : ExitStatus.aborted;
  }
  return cause instanceof InterruptedError && cause.reason === 'operator' ? ExitStatus.aborted : status;
}

function isNotSuspended(found: MigrationError['found']): boolean {
  if (found === undefined || found === 'gone') return found === 'gone';
  // A domain that does not answer counts as crashed: its state is unknown.
  return !found.suspended && !found.crashed;
}

/** Words the state of the domain here if it differs from the table's. */
function foundOtherwise({ outcome, found }: MigrationError): string[] | undefined {
  if (found === 'gone')
    return ['NAME is no longer here: it ended, or somebody destroyed or saved it meanwhile.'];
  if (outcome === 'resume-failed' && isNotSuspended(found)) {
    return [
      "NAME runs here, but its own name was taken: see 'xl list'; 'xl rename' gives it another than NAME--migratedaway.",
    ];
  }
  if (!runsAsBefore(outcome)) return undefined;
  if (found === undefined) return ["How NAME is here could not be told: see 'xl list'."];
  if (found.crashed)
    return ["NAME has crashed here or does not answer: 'xl console NAME' shows its last words."];
  if (found.standing !== 'unknown' && isHeld(found.standing))
    return ['NAME is in the hands of another migration or save; nothing was done to it.'];
  if (found.standing === 'away') {
    return ["NAME was sent to another host, which may be running it: 'mig resume NAME' says where to look."];
  }
  if (found.suspended) return ["NAME is suspended here: 'mig resume NAME' revives it."];
  if (found.paused) return ["NAME is paused here, as it was: 'xl unpause NAME' lets it run."];
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

function receiveFailure(error: ReceiveError): TaskFailure {
  const recoveryError = error.recoveryError === undefined ? [] : [reason(error.recoveryError)];
  const ended = isEndOfStream(error.cause);
  const advice = [...recoveryError, ...atTarget[error.outcome]];
  return {
    message: ended
      ? `${SOURCE_ENDED}${error.outcome === 'destroyed' ? ': the incoming copy is gone' : ''}`
      : reason(error.cause),
    advice: ended && error.outcome === 'destroyed' ? recoveryError : advice,
    exitStatus: ExitStatus.failure,
    state: error.state,
    outcome: error.outcome,
  };
}

/**
 * A source that stops closes the stream wherever it is, as stock's does, and nothing else may be sent to a stock
 * target; the end of a connection looks the same. So the target knows no more than this.
 */
const SOURCE_ENDED =
  'the source ended the migration, or the connection to it broke, before all of the domain had arrived';

/** Tells whether the source's stream ended early, be it within a record: a target sees no other sign of a stop. */
function isEndOfStream(error: unknown): boolean {
  if (error instanceof StreamError && error.code === 'truncated') return isEndOfStream(error.cause);
  return error instanceof EndOfInputError;
}

const afterSave = {
  running: 'The domain keeps running.',
  resumed: 'The domain has been resumed.',
  'as-it-was': 'The domain is as it was.',
  gone: 'The domain is no longer here: it ended, or somebody destroyed it meanwhile.',
} as const;

function saveFailure({ cause, domain }: SaveError): TaskFailure {
  if (domain.kind === 'suspended') {
    const advice = [
      `The domain is suspended and could not be resumed: ${reason(domain.problem)}`,
      "Revive it with 'mig resume DOMAIN'.",
    ];
    return { message: reason(cause), advice, exitStatus: ExitStatus.suspendedHere };
  }
  return { message: reason(cause), advice: [afterSave[domain.kind]], exitStatus: ExitStatus.failure };
}

const interruptWords: Record<string, string> = {
  ...signalWords,
  operator: 'stopped by mig migrate-abort',
};

function reason(error: unknown): string {
  if (error instanceof InterruptedError) return interruptWords[error.reason] ?? error.message;
  if (error instanceof HostError) return error.message;
  return describeError(error);
}
