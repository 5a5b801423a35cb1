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
  /** Octets per second that the write under way was cut for: one that was cut for none may be of any size. */
  #rate: number | undefined;

  /**
   * @param limit what holds now
   * @param pause waits so many milliseconds; may throw to end the waiting
   */
  constructor(
    private readonly limit: () => Bandwidth | undefined,
    private readonly clock: Clock,
    private readonly pause: (milliseconds: number) => void,
  ) {}

  /** Pages to write next. @param live while the domain runs */
  slice(live: boolean): number {
    const limit = this.limit();
    const rate = limit !== undefined && (live || limit.always) ? limit.octetsPerSecond : undefined;
    this.#rate = rate;
    if (rate === undefined) return MAX_BATCH_SIZE;
    return Math.min(MAX_BATCH_SIZE, Math.max(1, Math.floor((rate * SLICE) / 1000 / PAGE_SIZE)));
  }

  /** So much was just written, of what `slice` said: waits until more may be. */
  wrote(octets: number): void {
    const rate = this.#rate;
    if (rate === undefined) return;
    const now = this.clock();
    this.#due = Math.max(this.#due, now - ARREARS) + (octets / rate) * 1000;
    if (this.#due > now) this.pause(this.#due - now);
  }
}
