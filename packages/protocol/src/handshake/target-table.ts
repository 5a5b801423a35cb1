/**
 * Table of who may run the domain, from the target's point of view. The incoming copy is named NAME--incoming
 * and paused until the whole permission has arrived.
 *
 *     greeting -> restoring -> awaiting-permission -> starting -> reporting-success -> completed
 *                                                  or starting -> reporting-failure -> destroying-copy -> giving-back
 *                                                                   -> given-back
 */
import type { SourceOutcome, TargetOutcome } from './outcomes.js';

export type TargetState =
  | 'greeting'
  | 'restoring'
  | 'awaiting-permission'
  | 'starting'
  | 'reporting-success'
  | 'reporting-failure'
  | 'destroying-copy'
  | 'giving-back'
  | 'completed'
  | 'given-back';

export type TargetEvent =
  | 'banner-written'
  | 'ready-written'
  | 'permission-read'
  | 'started'
  | 'start-failed'
  | 'success-written'
  | 'failure-written'
  | 'copy-destroyed'
  | 'permission-back-written';

export interface TargetRow {
  readonly next: Readonly<Partial<Record<TargetEvent, TargetState>>>;
  /** The outcome at the target after a failure in this state, including a wait that takes too long. */
  readonly onFailure: TargetOutcome;
  /**
   * The outcome at the source, as far as the target can tell. In awaiting-permission it may be `unknown` as
   * well: the source wrote a permission that did not arrive.
   */
  readonly sourceOnFailure: SourceOutcome;
  /** The situation, worded for the operator. */
  readonly says: string;
}

export const targetTable: Readonly<Record<TargetState, TargetRow>> = {
  greeting: {
    next: { 'banner-written': 'restoring' },
    onFailure: 'none',
    sourceOnFailure: 'untouched',
    says: 'nothing was received',
  },
  restoring: {
    next: { 'ready-written': 'awaiting-permission' },
    onFailure: 'destroyed',
    // Or resumed: the target cannot tell whether the domain was suspended already.
    sourceOnFailure: 'keeps-running',
    says: 'the incoming copy is destroyed; the domain stays at the source',
  },
  'awaiting-permission': {
    // A source that is slow, not dead, must be told: otherwise it would give its permission to nobody.
    next: { 'permission-read': 'starting', 'start-failed': 'reporting-failure' },
    onFailure: 'destroyed',
    sourceOnFailure: 'resumed',
    says: 'no permission came; the incoming copy is destroyed',
  },
  starting: {
    next: { started: 'reporting-success', 'start-failed': 'reporting-failure' },
    // Only if even the failure cannot be handled: start-failed is the ordinary case.
    onFailure: 'destroyed',
    sourceOnFailure: 'unknown',
    says: 'the domain could not be started here',
  },
  'reporting-success': {
    next: { 'success-written': 'completed' },
    onFailure: 'runs',
    sourceOnFailure: 'unknown',
    says: 'the domain runs here; the source could not be told, and keeps NAME--migratedaway suspended',
  },
  'reporting-failure': {
    next: { 'failure-written': 'destroying-copy' },
    onFailure: 'destroyed',
    sourceOnFailure: 'unknown',
    says: 'the domain could not be started here and its copy is destroyed; the source could not be told',
  },
  'destroying-copy': {
    next: { 'copy-destroyed': 'giving-back' },
    // Permission is given back only for a destroyed copy.
    onFailure: 'destroy-failed',
    sourceOnFailure: 'unknown',
    says: 'the copy here could not be destroyed, so the source must not resume the domain',
  },
  'giving-back': {
    next: { 'permission-back-written': 'given-back' },
    onFailure: 'destroyed',
    sourceOnFailure: 'unknown',
    says: 'the copy here is destroyed; the source could not be told that it may resume the domain',
  },
  completed: {
    next: {},
    onFailure: 'runs',
    sourceOnFailure: 'destroyed',
    says: 'the domain runs here',
  },
  'given-back': {
    next: {},
    onFailure: 'destroyed',
    sourceOnFailure: 'resumed',
    says: 'the domain could not be started here; its copy is destroyed, and the source resumes it',
  },
};
