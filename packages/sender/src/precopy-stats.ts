import type { ConsultationPoint, PrecopyStats } from '@mig/hypervisor';

/** Milliseconds, monotonic; injected so that a test decides what time it is. */
export type Clock = () => number;

/** The figures of a running precopy, from which each consultation gets its stats. */
export class PrecopyFigures {
  iteration = 0;
  dirtyCount: number | undefined;
  readonly #began: number;
  #totalWritten = 0;
  #sendRate: number | undefined;
  #dirtyRate: number | undefined;
  #logReadAt: number;

  constructor(private readonly clock: Clock) {
    this.#began = this.#logReadAt = clock();
  }

  /** @param passMilliseconds since the pass began, in which `passPages` were sent, `batchPages` of them now */
  sent(batchPages: number, passPages: number, passMilliseconds: number): void {
    this.dirtyCount = undefined;
    this.#totalWritten += batchPages;
    if (passMilliseconds > 0) this.#sendRate = (passPages / passMilliseconds) * 1000;
  }

  logRead(dirtyCount: number): void {
    const now = this.clock();
    this.dirtyCount = dirtyCount;
    if (now > this.#logReadAt) this.#dirtyRate = (dirtyCount / (now - this.#logReadAt)) * 1000;
    this.#logReadAt = now;
  }

  at(point: ConsultationPoint): PrecopyStats {
    const known = this.dirtyCount !== undefined && this.#sendRate !== undefined;
    return {
      iteration: this.iteration,
      totalWritten: this.#totalWritten,
      dirtyCount: this.dirtyCount,
      point,
      elapsedMilliseconds: this.clock() - this.#began,
      sendRate: this.#sendRate,
      dirtyRate: this.#dirtyRate,
      estimatedDowntime: known ? (this.dirtyCount! / this.#sendRate!) * 1000 : undefined,
    };
  }
}
