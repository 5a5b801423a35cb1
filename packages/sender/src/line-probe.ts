/**
 * How fast a line is beyond the bandwidth that is kept on it, by a burst: first what the pipes and sockets on the way
 * hold, then, once they are full, as much as tells the rate.
 */
import type { Clock } from './precopy-stats.js';

const MiB = 1 << 20;

/** Octets that go before the first burst: until then the target may still be making the domain, and take nothing. */
const WARM_UP = 16 * MiB;
/** Octets that pipes and sockets hold at most, ssh's among them. */
const FILLING = 8 * MiB;
/** Milliseconds for a write that say that they are full. */
const BLOCKED = 10;
/** A measurement is long enough with so many octets or milliseconds; with fewer than these, it is none. */
const MEASURED = { octets: 12 * MiB, milliseconds: 50, least: 20 };
/** Milliseconds of the bandwidth that a burst may take in advance. */
const ADVANCE = 4000;
/** Milliseconds from one burst to the next. */
const INTERVAL = 30_000;

type State =
  | { readonly is: 'waiting' }
  | { readonly is: 'filling'; readonly octets: number; readonly wroteAt: number }
  | { readonly is: 'measuring'; readonly since: number; readonly before: number; readonly octets: number };

const WAITING: State = { is: 'waiting' };

export class LineProbe {
  #state: State = WAITING;
  #warmUp = 0;
  #next = -Infinity;

  /** @param measured hears octets per second */
  constructor(
    private readonly clock: Clock,
    private readonly measured: (octetsPerSecond: number) => void,
  ) {}

  /** @returns whether the next write is to be one of a burst, which no bandwidth cuts */
  begins(): boolean {
    const now = this.clock();
    if (this.#state.is !== 'waiting') return true;
    if (this.#warmUp < WARM_UP || now < this.#next) return false;
    this.#state = { is: 'filling', octets: 0, wroteAt: now };
    return true;
  }

  /** So much was written outside of a burst. */
  passed(octets: number): void {
    this.#warmUp += octets;
  }

  /** So much of a burst was written. @param bandwidth octets per second */
  wrote(octets: number, bandwidth: number): void {
    const now = this.clock();
    const state = this.#state;
    if (state.is === 'waiting') return;
    if (state.is === 'filling') {
      const filled = state.octets + octets;
      const full = filled >= FILLING || now - state.wroteAt >= BLOCKED;
      this.#state = full
        ? { is: 'measuring', since: now, before: filled, octets: 0 }
        : { is: 'filling', octets: filled, wroteAt: now };
      if (isSpent(filled, bandwidth)) this.#end(now);
      return;
    }
    const sent = state.octets + octets;
    const took = now - state.since;
    this.#state = { ...state, octets: sent };
    const spent = isSpent(state.before + sent, bandwidth);
    if (sent >= MEASURED.octets || took >= MEASURED.milliseconds || (spent && took >= MEASURED.least)) {
      if (took > 0) this.measured((sent / took) * 1000);
      this.#end(now);
    } else if (spent) this.#end(now);
  }

  /** What comes between two passes would count as the line's: a burst that it cuts short tells nothing. */
  passEnded(): void {
    if (this.#state.is !== 'waiting') this.#end(this.clock());
  }

  #end(now: number): void {
    this.#state = WAITING;
    this.#next = now + INTERVAL;
  }
}

function isSpent(octets: number, bandwidth: number): boolean {
  return octets >= (bandwidth * ADVANCE) / 1000;
}
