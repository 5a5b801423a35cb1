import type { Bandwidth } from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PAGE_OCTETS, PAGE_SIZE } from '@mig/protocol';
import { LineProbe } from './line-probe.js';
import type { Clock, Pace } from './precopy-stats.js';

/** Most milliseconds of the link's time for one write: so short that the sending is smooth. */
const SLICE = 10;
/** Most milliseconds of silence that are made up for, e.g. after a slow mapping; more would cause a burst. */
const ARREARS = 10;
/** Most pages of a write in a burst: few, so that a full line is noticed soon. */
const BURST_PAGES = 64;

/** The way in which the current write was sized, and the octets per second that it may use. */
type Cut =
  | { readonly pace: 'free' }
  | { readonly pace: 'held' | 'lifted'; readonly rate: number }
  | { readonly pace: 'burst'; readonly rate: number; readonly pages: number };

const FREE: Cut = { pace: 'free' };

/** Keeps writes within a bandwidth that may change at any time. */
export class Pacer {
  /** Time at which the octets written so far are due, at the limit. */
  #due = -Infinity;
  /** Octets of bursts that are not made up for yet: until they are, half of the bandwidth is used. */
  #advance = 0;
  /** The current way of sizing; a write that was sized for no limit may be of any size. */
  #cut: Cut = FREE;
  readonly #probe: LineProbe;

  /**
   * @param limit returns the present limit
   * @param pause waits that many milliseconds; may throw to end the waiting
   * @param measured gets the octets per second that the line carries without the limit
   */
  constructor(
    private readonly limit: () => Bandwidth | undefined,
    private readonly clock: Clock,
    private readonly pause: (milliseconds: number) => void,
    measured: (octetsPerSecond: number) => void = () => undefined,
  ) {
    this.#probe = new LineProbe(clock, measured);
  }

  /** Returns the pages to write next. @param live whether the domain runs */
  slice(live: boolean): number {
    const limit = this.limit();
    this.#cut = limit === undefined ? FREE : this.#cutFor(limit, live);
    if (this.#cut.pace === 'free') return MAX_BATCH_SIZE;
    if (this.#cut.pace === 'burst') return this.#cut.pages;
    return Math.min(MAX_BATCH_SIZE, Math.max(1, Math.floor((this.#cut.rate * SLICE) / 1000 / PAGE_SIZE)));
  }

  /** The pace of the last `slice`. */
  get pace(): Pace {
    return this.#cut.pace;
  }

  #cutFor({ octetsPerSecond: rate, always, probe = false }: Bandwidth, live: boolean): Cut {
    if (always) return { pace: 'held', rate };
    if (!live) return FREE;
    const pages = probe ? Math.min(BURST_PAGES, Math.floor(this.#probe.room(rate) / PAGE_OCTETS)) : 0;
    return pages > 0 ? { pace: 'burst', rate, pages } : { pace: 'lifted', rate };
  }

  /** Counts the octets just written, at most the last `slice`, and waits until more may follow. */
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
