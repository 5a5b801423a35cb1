/**
 * The stats that a precopy policy gets, and the decisions that it may make. The policies themselves are in
 * @mig/sender. The first three fields are libxc's `struct precopy_stats` (tools/include/xenguest.h).
 */
export interface PrecopyStats {
  /** Number of finished live passes. */
  readonly iteration: number;
  /** Number of pages written to the stream in live passes. */
  readonly totalWritten: number;
  /** Number of pages known to be dirty and not sent yet; undefined while unknown. */
  readonly dirtyCount: number | undefined;

  /** The place in the loop where the policy is asked. */
  readonly point: ConsultationPoint;
  /** Milliseconds since precopy began. */
  readonly elapsedMilliseconds: number;
  /**
   * Pages per second of the time spent on sending, over the last 32 MiB or so; undefined before the first
   * batch.
   */
  readonly sendRate: number | undefined;
  /**
   * Different pages per second that the log found dirty after the last finished pass, over all of the pass's
   * time; undefined while unknown. The guest may write more: a page counts once, however often it is written.
   */
  readonly dirtyRate: number | undefined;
  /**
   * Numbers of pages found dirty after each finished pass, the latest last: those of the latest hundred
   * passes.
   */
  readonly dirtyCounts: readonly number[];
  /** The fixed cost of a suspend in milliseconds, however few pages are dirty: as given in SaveOptions. */
  readonly suspendCost: number;
  /**
   * Pages per second that the line carries once the guest is suspended: `sendRate`, unless a bandwidth limit
   * is lifted then. In that case it is the measured rate of the line, from this migration or from earlier
   * ones; undefined if there is none.
   */
  readonly lineRate: number | undefined;
  /**
   * Milliseconds that the guest would stand still if precopy ended now: `dirtyCount` / `lineRate` +
   * `suspendCost`. If `lineRate` is undefined, an upper bound, computed with `sendRate`. Undefined while the
   * count or the rate is.
   */
  readonly estimatedDowntime: number | undefined;
  /**
   * The lower bound of that downtime in milliseconds: `suspendCost` if the line's rate is not measured,
   * otherwise the same as `estimatedDowntime`.
   */
  readonly leastDowntime: number | undefined;
}

/**
 * Place in the precopy loop where a policy is asked.
 * - `dirty-count-known`: the log was just read; these pages have not been sent.
 * - `pass-finished`: a pass was sent; the pages that it left dirty are unknown.
 * - `between-batches`: in the middle of a live pass, after a write, and now and then while one waits; or in
 *   the middle of a `remainder`, which the answer may cut short, or abort if no octet has moved for a second.
 */
export type ConsultationPoint = 'dirty-count-known' | 'pass-finished' | 'between-batches';

/** The words of `PrecopyDecision`. */
export const decisions = [
  'continue-precopy',
  'stop-and-copy',
  'abort',
] as const satisfies readonly PrecopyDecision['decision'][];

export type PrecopyDecision =
  | { readonly decision: 'continue-precopy' }
  | { readonly decision: 'stop-and-copy'; readonly reason: PrecopyEnd }
  | { readonly decision: 'abort'; readonly reason: PrecopyEnd };

/** The reason why precopy ended: a code for programs, a sentence with the figures for people. */
export interface PrecopyEnd {
  /** A code such as `iterations`, `threshold`, `max-downtime`, `busy`, `not-live`. */
  readonly code: string;
  readonly sentence: string;
}

/** A policy decides how precopy goes on. Pure: the same stats give the same decision. */
export type PrecopyPolicy = (stats: PrecopyStats) => PrecopyDecision;
