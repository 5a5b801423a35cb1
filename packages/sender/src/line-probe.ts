/**
 * Measures how fast a line is beyond the bandwidth limit, by a burst: first it fills the pipes and sockets on
 * the way, then, once they are full, it sends enough to tell the rate.
 */
import { PAGE_OCTETS } from '@mig/protocol';
import type { Clock } from './precopy-stats.js';

const MiB = 1 << 20;

/**
 * Octets that precede the first burst: until then the target may still be creating the domain, and take
 * nothing.
 */
const WARM_UP = 16 * MiB;
/** Most octets that pipes and sockets hold, including ssh's. */
const FILLING = 8 * MiB;
/** Milliseconds of one write that prove that they are full. */
const BLOCKED = 10;
/**
 * Octets or milliseconds with which a measurement is long enough; with fewer milliseconds than `least` it
 * does not count.
 */
const MEASURED = { octets: 12 * MiB, milliseconds: 50, least: 20 };
/** Most milliseconds of the bandwidth that a burst may use in advance. */
const ADVANCE = 4000;
/** Milliseconds from the end of a burst to the next. */
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

  /** @param measured gets the rate in octets per second */
  constructor(
    private readonly clock: Clock,
    private readonly measured: (octetsPerSecond: number) => void,
  ) {}

  /**
   * Returns the room for a write in a burst.
   * @param bandwidth octets per second
   * @returns most octets of the next write as part of a burst; 0 if it must not be one
   */
  room(bandwidth: number): number {
    const now = this.clock();
    const isDue = this.#warmUp >= WARM_UP && now >= this.#next;
    if (this.#state.kind === 'waiting' && !isDue) return 0;
    const left = roomIn(this.#state, bandwidth);
    if (isNone(left)) {
      // The bandwidth may have decreased meanwhile.
      this.#end(now);
      return 0;
    }
    if (this.#state.kind === 'waiting') this.#state = { kind: 'filling', octets: 0, wroteAt: now };
    return left;
  }

  /** Counts octets that were written outside of a burst. */
  passed(octets: number): void {
    this.#warmUp += octets;
  }

  /** Counts octets of a burst. @param bandwidth octets per second */
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

  /**
   * Ends a burst that the end of a pass cuts short: the work between two passes would count as the line's.
   */
  passEnded(): void {
    if (this.#state.kind !== 'waiting') this.#end(this.clock());
  }

  #end(now: number): void {
    this.#state = WAITING;
    this.#next = now + INTERVAL;
  }
}

/** Returns the most octets of a burst. */
function allowance(bandwidth: number): number {
  return (bandwidth * ADVANCE) / 1000;
}

function roomIn(state: State, bandwidth: number): number {
  if (state.kind === 'measuring') {
    return Math.min(MEASURED.octets - state.octets, allowance(bandwidth) - state.before - state.octets);
  }
  return Math.min(FILLING, allowance(bandwidth)) - (state.kind === 'filling' ? state.octets : 0);
}

/** Tells whether not even a page fits. */
function isNone(octets: number): boolean {
  return octets < PAGE_OCTETS;
}
