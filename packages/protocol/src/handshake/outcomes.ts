/**
 * The fate of the domain at the source. It never runs twice, and it is never lost without the operator being
 * told.
 */

export type SourceOutcome =
  /** The domain runs, and nothing has been done to it. */
  | 'untouched'
  /** The domain runs; log-dirty mode is off again. */
  | 'keeps-running'
  /** The domain was suspended, and runs again under its own name. */
  | 'resumed'
  /** The domain is suspended under its own name, since no process is left to resume it: `mig resume` does. */
  | 'left-suspended'
  /**
   * The domain is suspended as NAME--migratedaway: it may run at the target, so the operator must check there
   * first.
   */
  | 'unknown'
  /** The domain is gone: it runs at the target. */
  | 'destroyed'
  /** The domain runs at the target, but its copy here still exists, suspended as NAME--migratedaway. */
  | 'destroy-failed'
  /** The domain should have been resumed, but that failed. */
  | 'resume-failed';

const asBefore: readonly SourceOutcome[] = ['untouched', 'keeps-running', 'resumed'];

/** Tells whether an outcome leaves the domain running at the source, as before the migration. */
export function runsAsBefore(outcome: string | undefined): boolean {
  return asBefore.some((each) => each === outcome);
}

export type TargetOutcome =
  /** No copy was ever made. */
  | 'none'
  | 'destroyed'
  | 'runs'
  /** The copy runs if the whole permission arrived; otherwise it was destroyed. */
  | 'runs-or-destroyed'
  /** A copy that should have been destroyed still exists; it does not run. */
  | 'destroy-failed'
  | 'unknown';
