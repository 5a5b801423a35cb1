import { InterruptedError, TimeoutError } from './errors.js';
import type { Interrupt } from './interrupt.js';

/**
 * The longest time that a wait may last, and the words of a timeout: "no bytes of the stream from the
 * target".
 */
export interface Timeout {
  readonly what: string;
  /** Length in milliseconds; Infinity waits without a limit. */
  readonly milliseconds: number;
}

/** A time at which several waits end together: e.g. those for the octets of one message. */
export interface Deadline extends Timeout {
  /** Point in time, on the clock of performance.now(). */
  readonly at: number;
}

/** The bounds on a wait, and what may end it earlier. */
export interface Waiting {
  /** Limit that begins anew with each wait, and so with each octet that moves. */
  readonly timeout: Timeout;
  /** Limit that does not begin anew. */
  readonly deadline?: Deadline | undefined;
  readonly interrupt?: Interrupt | undefined;
  /**
   * Called from time to time during a wait with the milliseconds that the wait has lasted. What it throws
   * ends the wait.
   */
  readonly whileWaiting?: ((milliseconds: number) => void) | undefined;
  /** Milliseconds between two calls of `whileWaiting`; default: 100. */
  readonly lookInterval?: number | undefined;
}

export const NO_TIMEOUT: Timeout = { what: 'nothing', milliseconds: Infinity };

/** Makes a deadline that many milliseconds from now. @param what see Timeout */
export function deadlineIn(milliseconds: number, what: string): Deadline {
  return { what, milliseconds, at: performance.now() + milliseconds };
}

/**
 * Default of Waiting's `lookInterval` in milliseconds. Also the interval at which a wait that an interrupt
 * cannot wake checks whether one is raised.
 */
export const LOOK_INTERVAL = 100;

/**
 * Waits until something has happened. What has happened when the time is over is not late.
 * @param happens waits for it, at most that many milliseconds, and tells whether it has happened
 * @throws TimeoutError after the timeout, or at the deadline if that comes first
 * @throws InterruptedError when the interrupt is raised, even if it has happened
 */
export function waitUntil(happens: (milliseconds: number) => boolean, waiting: Waiting): void {
  const { timeout, deadline, interrupt, lookInterval = LOOK_INTERVAL } = waiting;
  const began = performance.now();
  const timeoutEnds = began + timeout.milliseconds;
  const end = Math.min(timeoutEnds, deadline?.at ?? Infinity);
  let look = waiting.whileWaiting === undefined ? Infinity : began + lookInterval;
  for (;;) {
    const happened = happens(Math.max(0, Math.min(end, look) - performance.now()));
    refuseIfRaised(interrupt);
    if (happened) return;
    const now = performance.now();
    if (now >= end) {
      const { what, milliseconds } = end === timeoutEnds || deadline === undefined ? timeout : deadline;
      throw new TimeoutError(what, milliseconds);
    }
    if (now < look) continue;
    waiting.whileWaiting?.(now - began);
    look = performance.now() + (waiting.lookInterval ?? LOOK_INTERVAL);
  }
}

/** Checks the interrupt. @throws InterruptedError if it is raised */
export function refuseIfRaised(interrupt: Interrupt | undefined): void {
  const reason = interrupt?.raised;
  if (reason !== undefined) throw new InterruptedError(reason);
}

/** A word that never changes. */
const UNTOUCHED = new Int32Array(new SharedArrayBuffer(4));

/**
 * Does nothing for that many milliseconds.
 * @throws InterruptedError when the interrupt is raised; what `whileWaiting` throws
 */
export function pause(
  milliseconds: number,
  { interrupt, whileWaiting }: Pick<Waiting, 'interrupt' | 'whileWaiting'> = {},
): void {
  const word = interrupt?.word ?? UNTOUCHED;
  const sleep = (most: number) => Atomics.wait(word, 0, 0, most) === 'not-equal';
  try {
    const timeout = { what: 'the pause', milliseconds };
    waitUntil(sleep, { timeout, interrupt, whileWaiting });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}
