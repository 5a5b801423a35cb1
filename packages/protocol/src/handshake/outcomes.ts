/** What becomes of the domain at either end. Never two running; never none without the operator told. */

export type SourceOutcome =
  /** It runs, and nothing has been done to it. */
  | 'untouched'
  /** It runs; log-dirty is off again. */
  | 'keeps-running'
  /** It was suspended, and runs again under its own name. */
  | 'resumed'
  /** Suspended under its own name, for lack of anybody to resume it: `xl resume` does. */
  | 'left-suspended'
  /** Suspended as NAME--migratedaway: it may run at the target, so the operator must look there first. */
  | 'unknown'
  /** Gone: it runs at the target. */
  | 'destroyed'
  /** It runs at the target, and the copy here is still there, suspended as NAME--migratedaway. */
  | 'destroy-failed'
  /** It was to be resumed, and could not be. */
  | 'resume-failed';

export type TargetOutcome =
  /** There never was a copy. */
  | 'none'
  | 'destroyed'
  | 'runs'
  /** It runs there if permission arrived whole, else it was destroyed. */
  | 'runs-or-destroyed'
  /** A copy that was to be destroyed is still there, not running. */
  | 'destroy-failed'
  | 'unknown';
