import type { PrecopyDecision, PrecopyEnd, PrecopyStats } from './policy.js';

/**
 * - `precopy`: a live pass
 * - `remainder`: the pages known to be dirty when the policy ended precopy, sent live once more (as libxc does)
 * - `stop-and-copy`: what is left, with the domain suspended
 * - `verify`: all of memory again, for the target to compare (`--debug`)
 */
export type PassKind = 'precopy' | 'remainder' | 'stop-and-copy' | 'verify';

/** One pass over dirty pages. */
export interface PassReport {
  readonly kind: PassKind;
  /** Counted from 0 over all passes, as in Xen's "Frames iteration N". */
  readonly iteration: number;
  /** Pages to send when the pass began, holes included. */
  readonly dirtyPages: number;
  /** Pages whose octets were sent. */
  readonly sentPages: number;
  /** Octets of the pass on the stream, record headers included. */
  readonly octets: number;
  readonly milliseconds: number;
}

/** What became of an image. */
export interface ImageReport {
  readonly passes: readonly PassReport[];
  readonly precopyEnd: PrecopyEnd;
  /** Octets of the whole image. */
  readonly octets: number;
  readonly milliseconds: number;
  /** performance.now() just before the guest was asked to suspend. */
  readonly suspendRequestedAt: number;
  /** Milliseconds from that until it had. */
  readonly suspendMilliseconds: number;
  /** Pages per second that the line carried while no bandwidth held; undefined where too few were sent to tell. */
  readonly lineRate: number | undefined;
}

/** Called as the image is written; must not throw. `sentPages` is of the current pass. */
export interface SaveObserver {
  passStarted?(pass: { kind: PassKind; iteration: number; dirtyPages: number }): void;
  /** Between batches; `pagesDone` counts pages dealt with, holes included. */
  passProgress?(pass: { iteration: number; dirtyPages: number; pagesDone: number }): void;
  passFinished?(pass: PassReport): void;
  /** The policy was asked; also for each batch. */
  consulted?(stats: PrecopyStats, decision: PrecopyDecision): void;
  /**
   * The log was read, after the live pass of that number.
   * @param bitmap the pages now to be sent, a bit a pfn, lowest first; valid during the call only
   */
  logRead?(pass: { iteration: number; dirtyPages: number }, bitmap: Uint32Array): void;
  precopyEnded?(reason: PrecopyEnd): void;
  suspended?(): void;
  /** The whole image is written, but log-dirty could not be turned off: no reason against the image. */
  logDirtyLeftOn?(error: unknown): void;
}
