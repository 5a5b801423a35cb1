/**
 * What a precopy policy is told, and what it may answer. The policies themselves are in @mig/sender.
 * The first three fields are libxc's `struct precopy_stats` (tools/include/xenguest.h).
 */
export interface PrecopyStats {
  /** Live passes finished. */
  readonly iteration: number;
  /** Pages written to the stream in live passes. */
  readonly totalWritten: number;
  /** Pages known to be dirty and not sent yet; undefined while unknown. */
  readonly dirtyCount: number | undefined;

  /** Where in the loop the policy is asked. */
  readonly point: ConsultationPoint;
  /** Milliseconds since precopy began. */
  readonly elapsedMilliseconds: number;
  /** Pages per second of the last 32 MiB or so; undefined before the first batch. */
  readonly sendRate: number | undefined;
  /** Pages per second that the guest dirtied during the last finished pass; undefined while unknown. */
  readonly dirtyRate: number | undefined;
  /** Pages found dirty after each finished pass, the latest last: of the latest hundred passes. */
  readonly dirtyCounts: readonly number[];
  /** Milliseconds that a suspend costs however few pages are dirty: what SaveOptions said. */
  readonly suspendCost: number;
  /**
   * Pages per second that the line carries once the guest is suspended: `sendRate`, unless a bandwidth is lifted then.
   * In that case it is what was measured of the line, by this migration or by earlier ones; undefined where nothing was.
   */
  readonly lineRate: number | undefined;
  /**
   * Milliseconds the guest would stand still if precopy ended now: `dirtyCount` over `lineRate`, and `suspendCost`. An
   * upper bound, reckoned with `sendRate`, where `lineRate` is undefined. Undefined while the count or the rate is.
   */
  readonly estimatedDowntime: number | undefined;
  /** The lower bound beside it, for a line that is not measured: `suspendCost`. Otherwise the same. */
  readonly leastDowntime: number | undefined;
}

/**
 * - `dirty-count-known`: the log was just read; these pages have not been sent
 * - `pass-finished`: a pass was sent, what it left dirty is unknown
 * - `between-batches`: in the middle of a live pass, after a write and now and then while one waits; of a `remainder`, which
 *   the answer may cut short, and abort only where no octet has moved for a second
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

/** Why precopy ended: a word for programs, a sentence with the figures for people. */
export interface PrecopyEnd {
  /** e.g. `iterations`, `threshold`, `max-downtime`, `busy`, `not-live`. */
  readonly code: string;
  readonly sentence: string;
}

/** Pure: the same stats give the same decision. */
export type PrecopyPolicy = (stats: PrecopyStats) => PrecopyDecision;
