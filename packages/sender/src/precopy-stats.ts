import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';

/** Milliseconds, monotonic; injected so that a test decides what time it is. */
export type Clock = () => number;

/**
 * Pages over which a rate is taken, 32 MiB. Longer than what pipes and sockets hold: a small pass that vanishes in them
 * says nothing of the link.
 */
const RATE_PAGES = 8192;

/** Dirty counts that a policy is told: each pass tells them again, so that all would be too many. */
export const KEPT_COUNTS = 100;

/**
 * How a batch was sent: as fast as it went, within a bandwidth that goes on after the suspend, within one that is lifted
 * then, or in a burst that measures the line.
 */
export type Pace = 'free' | 'held' | 'lifted' | 'burst';

/** What the estimates begin with. */
export interface KnownBefore {
  /** Milliseconds. */
  readonly suspendCost?: number | undefined;
  /** Pages per second. */
  readonly lineRate?: number | undefined;
}

/** The figures of a running precopy, from which each consultation gets its stats. */
export class PrecopyFigures {
  iteration = 0;
  dirtyCount: number | undefined;
  /** In the time of the clock. */
  readonly began: number;
  readonly #suspendCost: number;
  #dirtyCounts: readonly number[] = [];
  #totalWritten = 0;
  readonly #sent = new RateMeter();
  readonly #sentFreely = new RateMeter();
  #pace: Pace = 'free';
  /** Pages per second that a burst has measured last. */
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

  /** Pages sent. */
  get totalWritten(): number {
    return this.#totalWritten;
  }

  /** @param milliseconds that sending them took */
  sent(pages: number, milliseconds: number, pace: Pace): void {
    this.dirtyCount = undefined;
    this.#totalWritten += pages;
    // Holes take time to look at, and say nothing of how fast pages go: a domain on Xen ends in a million of them.
    if (pages === 0 || pace === 'burst') return;
    this.#pace = pace;
    this.#sent.add(pages, milliseconds);
    if (pace === 'free') this.#sentFreely.add(pages, milliseconds);
  }

  /** Of the suspended domain: it tells of the line, and is no part of precopy. */
  sentSuspended(pages: number, milliseconds: number, pace: Pace): void {
    if (pace === 'free' && pages > 0) this.#sentFreely.add(pages, milliseconds);
  }

  /** @param rate pages per second */
  lineMeasured(rate: number): void {
    this.#burstRate = rate;
  }

  /** Pages per second, as this migration has measured it: the burst, which is about it, before what came by chance. */
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

/** Milliseconds: the same twice, or bounds where it is not known how fast the line is. */
export interface DowntimeEstimate {
  readonly least: number;
  readonly most: number;
}

/** Estimates how long a guest with so many pages to send would stand still; undefined while that or a rate is unknown. */
export function estimateDowntime(
  pages: number | undefined,
  { sendRate, lineRate, suspendCost }: Pick<PrecopyStats, 'sendRate' | 'lineRate' | 'suspendCost'>,
): DowntimeEstimate | undefined {
  const rate = lineRate ?? sendRate;
  if (pages === undefined || rate === undefined) return undefined;
  const most = (pages / rate) * 1000 + suspendCost;
  return { least: lineRate === undefined ? suspendCost : most, most };
}

/** The rate of what was added, the older the less of it counts. */
class RateMeter {
  /** All that were added. */
  pages = 0;
  #recentPages = 0;
  #recentMilliseconds = 0;

  add(pages: number, milliseconds: number): void {
    const kept = Math.exp(-pages / RATE_PAGES);
    this.pages += pages;
    this.#recentPages = this.#recentPages * kept + pages;
    this.#recentMilliseconds = this.#recentMilliseconds * kept + milliseconds;
  }

  /** Per second; undefined while no time has passed. */
  get rate(): number | undefined {
    return this.#recentMilliseconds > 0 ? (this.#recentPages / this.#recentMilliseconds) * 1000 : undefined;
  }
}
