import type { PrecopyEnd } from './policy.js';

/**
 * The kinds of passes:
 *
 * - `precopy`: a live pass
 * - `remainder`: the pages known to be dirty when the policy ended precopy, sent live once more (as libxc does)
 * - `stop-and-copy`: what is left, with the domain suspended
 * - `verify`: all of memory again, for the target to compare (`--debug`)
 */
export const passKinds = ['precopy', 'remainder', 'stop-and-copy', 'verify'] as const;
export type PassKind = (typeof passKinds)[number];

/** Tells whether the domain runs during a pass. */
export function isLive(kind: PassKind): boolean {
  return kind === 'precopy' || kind === 'remainder';
}

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
