import type { Bandwidth } from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PAGE_SIZE } from '@mig/protocol';
import type { Clock } from './precopy-stats.js';

/** Milliseconds of the link's time that one write may take at most: what "smooth" means. */
const SLICE = 10;
/** Milliseconds of silence that may be made up for, e.g. of a slow mapping; the rest is forgiven, not a burst. */
const ARREARS = 10;

/** Keeps what is written within a bandwidth that may change at any time. */
export class Pacer {
  /** When the octets written so far are due, at the limit. */
  #due = -Infinity;

  /**
   * @param limit what holds now
   * @param pause waits so many milliseconds; may throw to end the waiting
   */
  constructor(
    private readonly limit: () => Bandwidth | undefined,
    private readonly clock: Clock,
    private readonly pause: (milliseconds: number) => void,
  ) {}

  /** Pages to write at a time. @param live while the domain runs */
  slice(live: boolean): number {
    const rate = this.#rate(live);
    if (rate === undefined) return MAX_BATCH_SIZE;
    return Math.min(MAX_BATCH_SIZE, Math.max(1, Math.floor((rate * SLICE) / 1000 / PAGE_SIZE)));
  }

  /** So much was just written: waits until more may be. */
  wrote(octets: number, live: boolean): void {
    const rate = this.#rate(live);
    if (rate === undefined) return;
    const now = this.clock();
    this.#due = Math.max(this.#due, now - ARREARS) + (octets / rate) * 1000;
    if (this.#due > now) this.pause(this.#due - now);
  }

  #rate(live: boolean): number | undefined {
    const limit = this.limit();
    return limit !== undefined && (live || limit.always) ? limit.octetsPerSecond : undefined;
  }
}
