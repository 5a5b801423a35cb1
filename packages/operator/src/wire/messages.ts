/** Messages between an operator and a migration, as values. */
import type { PassKind } from '@mig/hypervisor';
import type { SettingName, Settings } from '@mig/sender/policy';
import type { SourceOutcome, SourceState } from '@mig/protocol/handshake';

/** A change of settings: a new value, or null to restore the default; settings not named stay. */
export type SettingsChange = { readonly [K in SettingName]?: Settings[K] | null };

export type OperatorRequest = { readonly id: number } & (
  | { readonly kind: 'status' | 'watch' | 'abort' }
  | { readonly kind: 'switchover'; readonly now: boolean }
  | { readonly kind: 'hold'; readonly held: boolean }
  | { readonly kind: 'set'; readonly change: SettingsChange }
);

export const operatorErrorCodes = [
  /** The request was not understood. */
  'bad-request',
  /** A value that its field cannot have, or one that contradicts others. */
  'bad-value',
  /** Precopy is over: its settings no longer matter. */
  'precopy-over',
  /** A switchover would leave most of memory for the suspended domain. */
  'first-pass',
  /** The target may run the domain. */
  'past-no-return',
  /** The domain is being taken back, or is gone. */
  'decided',
] as const;
export type OperatorErrorCode = (typeof operatorErrorCodes)[number];

export interface OperatorPass {
  readonly kind: PassKind;
  /** Number of the pass, from 0, over all passes. */
  readonly iteration: number;
  /** Number of pages to send at its start. */
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
  /** Number of finished live passes. */
  readonly iteration: number;
  /** The running pass, or the last. */
  readonly pass?: OperatorPass;
  /** Pages found dirty when the log was last read; absent before. */
  readonly dirtyPages?: number;
  /** Sending rate in pages per second. */
  readonly sendRate?: number;
  /** Different pages per second found dirty after the last finished pass: see PrecopyStats. */
  readonly dirtyRate?: number;
  /** Octets of memory sent so far; for the running pass an estimate. */
  readonly octetsSent: number;
  /** Milliseconds since the migration began. */
  readonly elapsedMilliseconds: number;
  /**
   * The downtime if precopy ended now; after its end, the estimate at that time. An upper bound if the
   * line's rate is not measured.
   */
  readonly estimatedDowntimeMilliseconds?: number;
  /** The lower bound of the same; equal if the line's rate is measured. */
  readonly leastDowntimeMilliseconds?: number;
  /** Time to the end of the running pass. */
  readonly passLeftMilliseconds?: number;
  /** The settings in force, with the defaults that apply. */
  readonly course: Settings;
  /** The path of the operator's own policy. */
  readonly ownPolicy?: string;
  /** Whether an operator holds it in its live passes. */
  readonly held?: boolean;
  /** The reason why precopy ended, once that is decided. */
  readonly precopyEnd?: { readonly code: string; readonly sentence: string };
}

/** The end of a migration. */
export interface MigrationEnd {
  /** `moved`, or the outcome for the domain at the source. */
  readonly outcome: 'moved' | SourceOutcome;
  /** The exit status of `xl migrate`. */
  readonly exitStatus: number;
  /** The error; empty if the domain moved. */
  readonly message: string;
  /** The state of the domain, and what to do next. */
  readonly advice: readonly string[];
  /** Whether the domain was found here afterwards as it was before. */
  readonly asBefore: boolean;
}

export type OperatorReply = { readonly id: number } & (
  | { readonly kind: 'status'; readonly status: OperatorStatus }
  | { readonly kind: 'course'; readonly course: Settings }
  | { readonly kind: 'end'; readonly end: MigrationEnd }
  | { readonly kind: 'error'; readonly code: OperatorErrorCode; readonly message: string }
);
