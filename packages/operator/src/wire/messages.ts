/** What an operator and a migration say to each other, as values. */
import type { SettingName, Settings } from '@mig/sender/policy';
import type { SourceOutcome, SourceState } from '@mig/protocol/handshake';

/** A change of settings: for each that changes its new value, or null for its default. */
export type SettingsChange = { readonly [K in SettingName]?: Settings[K] | null };

export type OperatorRequest = { readonly id: number } & (
  | { readonly kind: 'status' | 'watch' | 'abort' }
  | { readonly kind: 'switchover'; readonly now: boolean }
  | { readonly kind: 'set'; readonly change: SettingsChange }
);

export const operatorErrorCodes = [
  /** Not understood. */
  'bad-request',
  /** A value that its field cannot have, or one that contradicts others. */
  'bad-value',
  /** Precopy is over: nothing of it can be changed. */
  'precopy-over',
  /** A switchover would leave most of memory for the suspended domain. */
  'first-pass',
  /** The target may run the domain. */
  'past-no-return',
  /** The domain is on its way back, or gone. */
  'decided',
] as const;
export type OperatorErrorCode = (typeof operatorErrorCodes)[number];

export interface OperatorPass {
  readonly kind: 'precopy' | 'remainder' | 'stop-and-copy' | 'verify';
  /** From 0, over all passes. */
  readonly iteration: number;
  /** To be sent when it began. */
  readonly dirtyPages: number;
  readonly pagesDone: number;
}

export interface OperatorStatus {
  readonly domid: number;
  readonly domain: string;
  readonly target: string;
  /** The process that migrates it. */
  readonly pid: number;
  readonly phase: SourceState;
  /** Live passes finished. */
  readonly iteration: number;
  /** The one under way, or the last. */
  readonly pass?: OperatorPass;
  /** Pages found dirty when the log was last read; absent before. */
  readonly dirtyPages?: number;
  /** Pages per second. */
  readonly sendRate?: number;
  /** Pages per second that the guest dirtied during the last finished pass. */
  readonly dirtyRate?: number;
  /** Of memory; of a pass that is under way estimated. */
  readonly octetsSent: number;
  /** Since the migration began. */
  readonly elapsedMilliseconds: number;
  /** Were precopy to end now; once it has ended, as it was estimated then. An upper bound where the line is not measured. */
  readonly estimatedDowntimeMilliseconds?: number;
  /** The lower bound beside it; the same where the line is measured. */
  readonly leastDowntimeMilliseconds?: number;
  /** To the end of the pass under way. */
  readonly passLeftMilliseconds?: number;
  /** In force, with the defaults that apply. */
  readonly course: Settings;
  /** The path of the operator's own policy. */
  readonly ownPolicy?: string;
  /** Why precopy ended, once that is decided. */
  readonly precopyEnd?: { readonly code: string; readonly sentence: string };
}

/** How a migration ended. */
export interface MigrationEnd {
  /** `moved`, or what became of the domain at the source. */
  readonly outcome: 'moved' | SourceOutcome;
  /** That of `xl migrate`. */
  readonly exitStatus: number;
  /** What went wrong; empty where it moved. */
  readonly message: string;
  /** What became of the domain, and what to do next. */
  readonly advice: readonly string[];
}

export type OperatorReply = { readonly id: number } & (
  | { readonly kind: 'status'; readonly status: OperatorStatus }
  | { readonly kind: 'course'; readonly course: Settings }
  | { readonly kind: 'end'; readonly end: MigrationEnd }
  | { readonly kind: 'error'; readonly code: OperatorErrorCode; readonly message: string }
);
