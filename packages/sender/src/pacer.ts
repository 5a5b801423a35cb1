import type { Bandwidth } from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PAGE_OCTETS, PAGE_SIZE } from '@mig/protocol';
import { LineProbe } from './line-probe.js';
import type { Clock, Pace } from './precopy-stats.js';

/** Milliseconds of the link's time that one write may take at most: what "smooth" means. */
const SLICE = 10;
/** Milliseconds of silence that may be made up for, e.g. of a slow mapping; the rest is forgiven, not a burst. */
const ARREARS = 10;
/** Pages of a write in a burst at most: few, so that it is seen soon when the line is full. */
const BURST_PAGES = 64;

/** How the write under way was cut, and the octets per second that hold for it. */
type Cut =
  | { readonly pace: 'free' }
  | { readonly pace: 'held' | 'lifted'; readonly rate: number }
  | { readonly pace: 'burst'; readonly rate: number; readonly pages: number };

const FREE: Cut = { pace: 'free' };

/** Keeps what is written within a bandwidth that may change at any time. */
export class Pacer {
  /** When the octets written so far are due, at the limit. */
  #due = -Infinity;
  /** Octets of a burst that are not made up for: until they are, half of the bandwidth is used. */
  #advance = 0;
  /** One that was cut for no limit may be of any size. */
  #cut: Cut = FREE;
  readonly #probe: LineProbe;

  /**
   * @param limit what holds now
   * @param pause waits so many milliseconds; may throw to end the waiting
   * @param measured hears how many octets per second the line carries without the limit
   */
  constructor(
    private readonly limit: () => Bandwidth | undefined,
    private readonly clock: Clock,
    private readonly pause: (milliseconds: number) => void,
    measured: (octetsPerSecond: number) => void = () => undefined,
  ) {
    this.#probe = new LineProbe(clock, measured);
  }

  /** Pages to write next. @param live while the domain runs */
  slice(live: boolean): number {
    const limit = this.limit();
    this.#cut = limit === undefined ? FREE : this.#cutFor(limit, live);
    if (this.#cut.pace === 'free') return MAX_BATCH_SIZE;
    if (this.#cut.pace === 'burst') return this.#cut.pages;
    return Math.min(MAX_BATCH_SIZE, Math.max(1, Math.floor((this.#cut.rate * SLICE) / 1000 / PAGE_SIZE)));
  }

  /** Of what `slice` said last. */
  get pace(): Pace {
    return this.#cut.pace;
  }

  #cutFor({ octetsPerSecond: rate, always, probe = false }: Bandwidth, live: boolean): Cut {
    if (always) return { pace: 'held', rate };
    if (!live) return FREE;
    const pages = probe ? Math.min(BURST_PAGES, Math.floor(this.#probe.room(rate) / PAGE_OCTETS)) : 0;
    return pages > 0 ? { pace: 'burst', rate, pages } : { pace: 'lifted', rate };
  }

  /** So much was just written, of what `slice` said: waits until more may be. */
  wrote(octets: number): void {
    const cut = this.#cut;
    if (cut.pace === 'burst') {
      this.#advance += octets;
      this.#probe.wrote(octets, cut.rate);
      return;
    }
    this.#probe.passed(octets);
    if (cut.pace === 'free') return;
    const madeUp = Math.min(this.#advance, octets);
    this.#advance -= madeUp;
    const now = this.clock();
    this.#due = Math.max(this.#due, now - ARREARS) + ((octets + madeUp) / cut.rate) * 1000;
    if (this.#due > now) this.pause(this.#due - now);
  }

  passEnded(): void {
    this.#probe.passEnded();
  }
}
