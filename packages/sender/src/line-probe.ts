/**
 * How fast a line is beyond the bandwidth that is kept on it, by a burst: first what the pipes and sockets on the way
 * hold, then, once they are full, as much as tells the rate.
 */
import { PAGE_OCTETS } from '@mig/protocol';
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
  | { readonly kind: 'waiting' }
  | { readonly kind: 'filling'; readonly octets: number; readonly wroteAt: number }
  | { readonly kind: 'measuring'; readonly since: number; readonly before: number; readonly octets: number };

const WAITING: State = { kind: 'waiting' };

export class LineProbe {
  #state: State = WAITING;
  #warmUp = 0;
  #next = -Infinity;

  /** @param measured hears octets per second */
  constructor(
    private readonly clock: Clock,
    private readonly measured: (octetsPerSecond: number) => void,
  ) {}

  /**
   * @param bandwidth octets per second
   * @returns octets that the next write may be of as one of a burst; 0 where it is to be none
   */
  room(bandwidth: number): number {
    const now = this.clock();
    const isDue = this.#warmUp >= WARM_UP && now >= this.#next;
    if (this.#state.kind === 'waiting' && !isDue) return 0;
    const left = roomIn(this.#state, bandwidth);
    if (isNone(left)) {
      // The bandwidth may have become less meanwhile.
      this.#end(now);
      return 0;
    }
    if (this.#state.kind === 'waiting') this.#state = { kind: 'filling', octets: 0, wroteAt: now };
    return left;
  }

  /** So much was written outside of a burst. */
  passed(octets: number): void {
    this.#warmUp += octets;
  }

  /** So much of a burst was written. @param bandwidth octets per second */
  wrote(octets: number, bandwidth: number): void {
    const now = this.clock();
    const state = this.#state;
    if (state.kind === 'waiting') return;
    if (state.kind === 'filling') {
      const filled = state.octets + octets;
      const full = isNone(FILLING - filled) || now - state.wroteAt >= BLOCKED;
      this.#state = full
        ? { kind: 'measuring', since: now, before: filled, octets: 0 }
        : { kind: 'filling', octets: filled, wroteAt: now };
      if (isNone(allowance(bandwidth) - filled)) this.#end(now);
      return;
    }
    const sent = state.octets + octets;
    const took = now - state.since;
    this.#state = { ...state, octets: sent };
    const whole = isNone(MEASURED.octets - sent) || took >= MEASURED.milliseconds;
    const spent = isNone(allowance(bandwidth) - state.before - sent);
    if (took > 0 && (whole || (spent && took >= MEASURED.least))) this.measured((sent / took) * 1000);
    if (whole || spent) this.#end(now);
  }

  /** What comes between two passes would count as the line's: a burst that it cuts short tells nothing. */
  passEnded(): void {
    if (this.#state.kind !== 'waiting') this.#end(this.clock());
  }

  #end(now: number): void {
    this.#state = WAITING;
    this.#next = now + INTERVAL;
  }
}

/** Octets that a burst may have at most. */
function allowance(bandwidth: number): number {
  return (bandwidth * ADVANCE) / 1000;
}

function roomIn(state: State, bandwidth: number): number {
  if (state.kind === 'measuring') {
    return Math.min(MEASURED.octets - state.octets, allowance(bandwidth) - state.before - state.octets);
  }
  return Math.min(FILLING, allowance(bandwidth)) - (state.kind === 'filling' ? state.octets : 0);
}

/** A page does not go into it. */
function isNone(octets: number): boolean {
  return octets < PAGE_OCTETS;
}
