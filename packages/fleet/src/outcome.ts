/** Meanings of a migration's end for its run. */
import { changed, type Run, type RunDomain } from './run.js';

/** The end of an `xl migrate`. */
export interface AttemptEnd {
  /** The exit status; undefined if it was killed, or nobody saw its end. */
  readonly status: number | undefined;
  /** The fate of the domain at the source, as the event `failed` says it. */
  readonly outcome?: string | undefined;
  /** Code of the target's refusal, as the same event says it. */
  readonly refusal?: string | undefined;
  readonly stoppedBy?: string | undefined;
  /** Whether the controller has aborted it because it ends itself: whoever goes on with the run begins it anew. */
  readonly isInterrupted?: boolean | undefined;
  readonly message?: string | undefined;
}

/** Times that a domain is tried again if there is no deadline. */
const MOST = { busy: 4, refused: 20, failed: 3 } as const;
/** First and longest pause in milliseconds before it is tried again. */
const PAUSE = { first: 2000, longest: 60_000 } as const;

type Meaning = 'moved' | 'remnant' | 'busy' | 'aborted' | 'refused' | 'failed' | 'unclear';

/** The meanings of the exit statuses of `xl migrate`; another one is unclear. */
const meanings: Readonly<Record<number, Meaning>> = {
  0: 'moved',
  1: 'failed',
  2: 'failed',
  4: 'remnant',
  6: 'busy',
  7: 'aborted',
};
const staysHere: readonly Meaning[] = ['busy', 'aborted', 'refused', 'failed'];
const asBefore = ['untouched', 'keeps-running', 'resumed'];

export function meaningOf({ status, outcome, refusal, stoppedBy }: AttemptEnd): Meaning {
  const meaning = status === undefined ? undefined : meanings[status];
  if (meaning !== 'failed') return meaning ?? 'unclear';
  if (refusal !== undefined) return 'refused';
  if (stoppedBy === 'operator') return 'aborted';
  return outcome !== undefined && asBefore.includes(outcome) ? 'failed' : 'unclear';
}

/** Notes the end of a domain's migration. */
export function settle(run: Run, uuid: string, end: AttemptEnd, now: number): Run {
  const domain = run.domains.find((each) => each.uuid === uuid);
  if (domain?.state !== 'moving') return run;
  const meaning = meaningOf(end);
  const note = (change: Partial<RunDomain>) => changed(run, uuid, { why: end.message, ...change });
  if (end.isInterrupted === true && staysHere.includes(meaning)) {
    return note({ state: 'waiting', why: undefined });
  }
  switch (meaning) {
    case 'moved':
      return note({ state: 'moved', why: undefined });
    case 'remnant':
      return note({ state: 'moved', why: end.message ?? 'its old copy here could not be destroyed' });
    case 'aborted':
      return note({ state: 'stayed', why: 'its migration was aborted by an operator' });
    case 'unclear':
      return note({ state: 'asking', notBefore: now });
    case 'failed':
      return fail(run, domain, end.message ?? 'its migration failed', now);
    case 'busy':
      return again(run, domain, 'busy', now, end.message ?? 'it was too busy');
    case 'refused': {
      const why = end.message ?? 'the target takes no domain now';
      // Others have a place there, or it is closed: the other targets are as good.
      const resting = { ...run.resting, [domain.target!]: now + PAUSE.first };
      return again({ ...run, resting }, domain, 'refused', now, why);
    }
  }
}

/** Notes a failure. Another target may do; if there is none, all are tried again. */
function fail(run: Run, domain: RunDomain, why: string, now: number): Run {
  const { target, unfit } = domain;
  const isLast = run.options.targets.every((each) => each === target || each in unfit);
  const others = isLast || target === undefined ? unfit : { ...unfit, [target]: why };
  return again(run, domain, 'failed', now, why, others);
}

/** Has a domain tried again later, or leaves it where it is if it was tried often enough. */
export function again(
  run: Run,
  domain: RunDomain,
  reason: keyof typeof MOST,
  now: number,
  why: string,
  unfit = domain.unfit,
): Run {
  const count = domain[reason] + 1;
  const { deadline } = run.options;
  const isInTime = reason !== 'failed' && deadline !== undefined && now < deadline;
  // At the deadline a busy domain is owed an attempt that moves it.
  const isOwed = reason === 'busy' && deadline !== undefined;
  if (!isInTime && !isOwed && count >= MOST[reason]) {
    return changed(run, domain.uuid, { state: 'stayed', [reason]: count, why });
  }
  const pause = Math.min(PAUSE.first * 2 ** (count - 1), PAUSE.longest);
  // Who was too busy is not tried before the deadline just to be too busy again.
  return changed(run, domain.uuid, {
    state: 'waiting',
    [reason]: count,
    notBefore: isInTime ? Math.min(now + pause, deadline) : now + pause,
    why,
    unfit,
  });
}
