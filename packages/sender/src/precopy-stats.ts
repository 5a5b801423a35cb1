import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';

/** Milliseconds, monotonic; injected so that a test decides what time it is. */
export type Clock = () => number;

/**
 * Pages over which the rate of sending is taken, 32 MiB. Longer than what pipes and sockets hold: a small pass that
 * vanishes in them says nothing of the link.
 */
const RATE_PAGES = 8192;

/** Dirty counts that a policy is told: each pass tells them again, so that all would be too many. */
export const KEPT_COUNTS = 100;

/** The figures of a running precopy, from which each consultation gets its stats. */
export class PrecopyFigures {
  iteration = 0;
  dirtyCount: number | undefined;
  readonly #began: number;
  #dirtyCounts: readonly number[] = [];
  #totalWritten = 0;
  /** Of what was sent, the older the less of it counts. */
  #recentPages = 0;
  #recentMilliseconds = 0;
  #dirtyRate: number | undefined;
  #logReadAt: number;

  /** @param suspendCost milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly suspendCost: number,
  ) {
    this.#began = this.#logReadAt = clock();
  }

  /** @param milliseconds that sending them took */
  sent(pages: number, milliseconds: number): void {
    this.dirtyCount = undefined;
    this.#totalWritten += pages;
    // Holes take time to look at, and say nothing of how fast pages go: a domain on Xen ends in a million of them.
    if (pages === 0) return;
    const kept = Math.exp(-pages / RATE_PAGES);
    this.#recentPages = this.#recentPages * kept + pages;
    this.#recentMilliseconds = this.#recentMilliseconds * kept + milliseconds;
  }

  logRead(dirtyCount: number): void {
    const now = this.clock();
    this.dirtyCount = dirtyCount;
    this.#dirtyCounts = [...this.#dirtyCounts, dirtyCount].slice(-KEPT_COUNTS);
    if (now > this.#logReadAt) this.#dirtyRate = (dirtyCount / (now - this.#logReadAt)) * 1000;
    this.#logReadAt = now;
  }

  at(point: ConsultationPoint): PrecopyStats {
    const { dirtyCount, suspendCost } = this;
    const sendRate =
      this.#recentMilliseconds > 0 ? (this.#recentPages / this.#recentMilliseconds) * 1000 : undefined;
    return {
      iteration: this.iteration,
      totalWritten: this.#totalWritten,
      dirtyCount,
      point,
      elapsedMilliseconds: this.clock() - this.#began,
      sendRate,
      dirtyRate: this.#dirtyRate,
      dirtyCounts: this.#dirtyCounts,
      suspendCost,
      estimatedDowntime:
        dirtyCount !== undefined && sendRate !== undefined && sendRate > 0
          ? (dirtyCount / sendRate) * 1000 + suspendCost
          : undefined,
    };
  }
}
