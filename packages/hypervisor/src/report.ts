import type { PrecopyEnd } from './policy.js';

/**
 * Kind of a pass.
 * - `precopy`: a live pass.
 * - `remainder`: the pages known to be dirty when the policy ended precopy, sent live once more (as libxc
 *   does).
 * - `stop-and-copy`: the rest, while the domain is suspended.
 * - `verify`: all of memory again, for the target to compare (`--debug`).
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
  /** Number of the pass, counted from 0 over all passes, as in Xen's "Frames iteration N". */
  readonly iteration: number;
  /** Number of pages to send when the pass began, including holes. */
  readonly dirtyPages: number;
  /** Number of pages whose octets were sent. */
  readonly sentPages: number;
  /**
   * Number of pages that had zeros alone and were sent by their pfns; absent if there were none, or the target had not
   * offered that.
   */
  readonly zeroPages?: number;
  /** Octets by which the pass is shorter for it; absent if `zeroPages` is. */
  readonly octetsSaved?: number;
  /** Number of pages that were sent compressed; absent if there were none. Those of `sentPages` include them. */
  readonly compressedPages?: number;
  /** Octets by which the pass is shorter for it; absent if `compressedPages` is. */
  readonly octetsSavedByCompression?: number;
  /** The highest level of compression in the pass; absent if `compressedPages` is. */
  readonly compressionLevel?: number;
  /** Octets of the pass on the stream, including record headers. */
  readonly octets: number;
  readonly milliseconds: number;
}

/** The report on a written image. */
export interface ImageReport {
  readonly passes: readonly PassReport[];
  readonly precopyEnd: PrecopyEnd;
  /** Octets of the whole image. */
  readonly octets: number;
  readonly milliseconds: number;
  /** Value of performance.now() just before the guest was asked to suspend. */
  readonly suspendRequestedAt: number;
  /** Milliseconds from the request until the guest had suspended. */
  readonly suspendMilliseconds: number;
  /**
   * Pages per second that the line carried without a bandwidth limit; undefined if too few were sent to tell.
   */
  readonly lineRate: number | undefined;
}
