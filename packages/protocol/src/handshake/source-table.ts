/**
 * Table of who may run the domain, from the source's point of view: one row for each state, with the events
 * that lead on and the outcome at both ends if it fails there. It drives the sender's state machine.
 *
 *     awaiting-banner -> precopy -> suspending -> stop-and-copy -> awaiting-ready -> renaming-away -> giving-permission
 *       -> awaiting-report -> destroying -> completed
 *                          -> awaiting-permission-back -> taking-back -> taken-back
 *
 * The point of no return is between renaming-away and giving-permission.
 */
import type { SourceOutcome, TargetOutcome } from './outcomes.js';

export type SourceState =
  | 'awaiting-banner'
  | 'precopy'
  | 'suspending'
  | 'stop-and-copy'
  | 'awaiting-ready'
  | 'renaming-away'
  | 'giving-permission'
  | 'awaiting-report'
  | 'awaiting-permission-back'
  | 'taking-back'
  | 'destroying'
  | 'completed'
  | 'taken-back';

export type SourceEvent =
  | 'banner-read'
  | 'precopy-finished'
  | 'suspend-acknowledged'
  | 'stream-written'
  | 'ready-read'
  | 'renamed-away'
  | 'permission-written'
  | 'success-read'
  | 'failure-read'
  | 'permission-back-read'
  | 'resumed'
  | 'destroyed';

export interface SourceRow {
  readonly next: Readonly<Partial<Record<SourceEvent, SourceState>>>;
  /** The outcome at the source after a failure in this state, including a wait that takes too long. */
  readonly onFailure: SourceOutcome;
  /** The outcome at the source if the process itself dies in this state. */
  readonly ifKilled: SourceOutcome;
  /** The outcome at the target after a failure in this state. */
  readonly targetOnFailure: TargetOutcome;
  /** The situation, worded for the operator. */
  readonly says: string;
}

export const sourceTable: Readonly<Record<SourceState, SourceRow>> = {
  'awaiting-banner': {
    next: { 'banner-read': 'precopy' },
    onFailure: 'untouched',
    ifKilled: 'untouched',
    targetOnFailure: 'none',
    says: 'the domain was never touched',
  },
  precopy: {
    next: { 'precopy-finished': 'suspending' },
    onFailure: 'keeps-running',
    ifKilled: 'keeps-running',
    targetOnFailure: 'destroyed',
    says: 'the domain keeps running here',
  },
  suspending: {
    next: { 'suspend-acknowledged': 'stop-and-copy' },
    onFailure: 'keeps-running',
    ifKilled: 'keeps-running',
    targetOnFailure: 'destroyed',
    says: 'the domain did not acknowledge the suspend, and keeps running here',
  },
  'stop-and-copy': {
    next: { 'stream-written': 'awaiting-ready' },
    onFailure: 'resumed',
    ifKilled: 'left-suspended',
    targetOnFailure: 'destroyed',
    says: 'the domain was suspended and is resumed here',
  },
  'awaiting-ready': {
    next: { 'ready-read': 'renaming-away' },
    onFailure: 'resumed',
    ifKilled: 'left-suspended',
    targetOnFailure: 'destroyed',
    says: 'the target did not say that it is ready; the domain is resumed here',
  },
  'renaming-away': {
    next: { 'renamed-away': 'giving-permission' },
    onFailure: 'resumed',
    ifKilled: 'left-suspended',
    targetOnFailure: 'destroyed',
    says: 'the domain could not be renamed away, and is resumed here under its own name',
  },
  'giving-permission': {
    next: { 'permission-written': 'awaiting-report' },
    // Part of the permission may have been written, and the writer cannot know what arrived.
    onFailure: 'unknown',
    ifKilled: 'unknown',
    targetOnFailure: 'runs-or-destroyed',
    says: 'permission may have reached the target: look there before resuming NAME--migratedaway here',
  },
  'awaiting-report': {
    next: { 'success-read': 'destroying', 'failure-read': 'awaiting-permission-back' },
    onFailure: 'unknown',
    ifKilled: 'unknown',
    targetOnFailure: 'runs-or-destroyed',
    says: 'the target has permission and did not report: look there before resuming NAME--migratedaway here',
  },
  'awaiting-permission-back': {
    next: { 'permission-back-read': 'taking-back' },
    onFailure: 'unknown',
    ifKilled: 'unknown',
    targetOnFailure: 'unknown',
    says: 'the target failed and did not give permission back: look there before resuming NAME--migratedaway here',
  },
  'taking-back': {
    next: { resumed: 'taken-back' },
    onFailure: 'resume-failed',
    ifKilled: 'unknown',
    targetOnFailure: 'destroyed',
    says: 'the target has destroyed its copy, and the domain could not be resumed here',
  },
  destroying: {
    next: { destroyed: 'completed' },
    onFailure: 'destroy-failed',
    ifKilled: 'destroy-failed',
    targetOnFailure: 'runs',
    says: 'the domain runs at the target; the copy here, NAME--migratedaway, could not be destroyed',
  },
  completed: {
    next: {},
    onFailure: 'destroyed',
    ifKilled: 'destroyed',
    targetOnFailure: 'runs',
    says: 'the domain runs at the target',
  },
  'taken-back': {
    next: {},
    onFailure: 'resumed',
    ifKilled: 'resumed',
    targetOnFailure: 'destroyed',
    says: 'the target could not start the domain; it is renamed back and resumed here',
  },
};
