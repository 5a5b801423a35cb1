import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';

/** A monotonic clock in milliseconds; injected, so that tests decide the time. */
export type Clock = () => number;

/**
 * Pages over which a rate is taken, 32 MiB: more than pipes and sockets hold, since a small pass that
 * vanishes in them tells nothing about the link.
 */
const RATE_PAGES = 8192;

/**
 * Most past dirty counts that a policy sees. They are copied at each consultation, so the list is bounded.
 */
export const KEPT_COUNTS = 100;

/**
 * The way in which a batch was sent. `free`: as fast as it went; `held`: within a bandwidth limit that stays
 * after the suspend; `lifted`: within one that is lifted then; `burst`: in a burst that measures the line.
 */
export type Pace = 'free' | 'held' | 'lifted' | 'burst';

/** Values known beforehand, with which the estimates begin. */
export interface KnownBefore {
  /** The fixed cost of a suspend in milliseconds. */
  readonly suspendCost?: number | undefined;
  /** The line's rate in pages per second. */
  readonly lineRate?: number | undefined;
}

/** The figures of a running precopy, from which each consultation gets its stats. */
export class PrecopyFigures {
  iteration = 0;
  dirtyCount: number | undefined;
  /** Start time of precopy, on the clock. */
  readonly began: number;
  readonly #suspendCost: number;
  #dirtyCounts: readonly number[] = [];
  #totalWritten = 0;
  readonly #sent = new RateMeter();
  readonly #sentFreely = new RateMeter();
  #pace: Pace = 'free';
  /** The last rate measured by a burst, in pages per second. */
  #burstRate: number | undefined;
  readonly #lineRateBefore: number | undefined;
  #dirtyRate: number | undefined;
  #logReadAt: number;

  constructor(
    private readonly clock: Clock,
    { suspendCost = 0, lineRate }: KnownBefore = {},
  ) {
    this.began = this.#logReadAt = clock();
    this.#suspendCost = suspendCost;
    this.#lineRateBefore = lineRate;
  }

  /** Number of pages sent. */
  get totalWritten(): number {
    return this.#totalWritten;
  }

  /** Counts pages sent. @param milliseconds the time that it took */
  sent(pages: number, milliseconds: number, pace: Pace): void {
    this.dirtyCount = undefined;
    this.#totalWritten += pages;
    // Skipping holes takes time and tells nothing about the rate of pages: a domain on Xen ends in a million
    // holes.
    if (pages === 0 || pace === 'burst') return;
    this.#pace = pace;
    this.#sent.add(pages, milliseconds);
    if (pace === 'free') this.#sentFreely.add(pages, milliseconds);
  }

  /** Counts pages of the suspended domain: they tell the line's rate, but are no part of precopy. */
  sentSuspended(pages: number, milliseconds: number, pace: Pace): void {
    if (pace === 'free' && pages > 0) this.#sentFreely.add(pages, milliseconds);
  }

  /** Notes the rate that a burst measured. @param rate pages per second */
  lineMeasured(rate: number): void {
    this.#burstRate = rate;
  }

  /**
   * The line's rate in pages per second as this migration measured it: the burst's, which is meant for that,
   * else one that was measured by chance.
   */
  get measuredLineRate(): number | undefined {
    return this.#burstRate ?? (this.#sentFreely.pages >= RATE_PAGES ? this.#sentFreely.rate : undefined);
  }

  logRead(dirtyCount: number): void {
    const now = this.clock();
    this.dirtyCount = dirtyCount;
    this.#dirtyCounts = [...this.#dirtyCounts, dirtyCount].slice(-KEPT_COUNTS);
    if (now > this.#logReadAt) this.#dirtyRate = (dirtyCount / (now - this.#logReadAt)) * 1000;
    this.#logReadAt = now;
  }

  at(point: ConsultationPoint): PrecopyStats {
    const { dirtyCount } = this;
    const suspendCost = this.#suspendCost;
    const sendRate = this.#sent.rate;
    const lineRate = this.#pace === 'lifted' ? (this.measuredLineRate ?? this.#lineRateBefore) : sendRate;
    const downtime = estimateDowntime(dirtyCount, { sendRate, lineRate, suspendCost });
    return {
      iteration: this.iteration,
      totalWritten: this.#totalWritten,
      dirtyCount,
      point,
      elapsedMilliseconds: this.clock() - this.began,
      sendRate,
      dirtyRate: this.#dirtyRate,
      dirtyCounts: this.#dirtyCounts,
      suspendCost,
      lineRate,
      estimatedDowntime: downtime?.most,
      leastDowntime: downtime?.least,
    };
  }
}

/**
 * An estimated downtime in milliseconds: both ends are equal, or are bounds if the line's rate is unknown.
 */
export interface DowntimeEstimate {
  readonly least: number;
  readonly most: number;
}

/**
 * Estimates how long a guest with that many pages to send would stand still; undefined while the pages or a
 * rate are unknown.
 */
export function estimateDowntime(
  pages: number | undefined,
  { sendRate, lineRate, suspendCost }: Pick<PrecopyStats, 'sendRate' | 'lineRate' | 'suspendCost'>,
): DowntimeEstimate | undefined {
  const rate = lineRate ?? sendRate;
  if (pages === undefined || rate === undefined) return undefined;
  const most = (pages / rate) * 1000 + suspendCost;
  return { least: lineRate === undefined ? suspendCost : most, most };
}

/** Meter of a rate, in which older values weigh less. */
class RateMeter {
  /** All pages that were added. */
  pages = 0;
  #recentPages = 0;
  #recentMilliseconds = 0;

  add(pages: number, milliseconds: number): void {
    const kept = Math.exp(-pages / RATE_PAGES);
    this.pages += pages;
    this.#recentPages = this.#recentPages * kept + pages;
    this.#recentMilliseconds = this.#recentMilliseconds * kept + milliseconds;
  }

  /** Pages per second; undefined while no time has passed. */
  get rate(): number | undefined {
    return this.#recentMilliseconds > 0 ? (this.#recentPages / this.#recentMilliseconds) * 1000 : undefined;
  }
}
