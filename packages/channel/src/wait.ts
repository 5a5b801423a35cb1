import { InterruptedError, TimeoutError } from './errors.js';
import type { Interrupt } from './interrupt.js';

/** How long a wait may last, and what a timeout says: "no octet of the stream from the target". */
export interface Timeout {
  readonly what: string;
  /** Infinity waits for ever. */
  readonly milliseconds: number;
}

/** When several waits are to be over together: those for the octets of one message, say. */
export interface Deadline extends Timeout {
  /** In the time of performance.now(). */
  readonly at: number;
}

/** What bounds a wait, and what may end it before. */
export interface Waiting {
  /** Begins anew with each wait, and so with each octet that moves. */
  readonly timeout: Timeout;
  /** Does not begin anew. */
  readonly deadline?: Deadline | undefined;
  readonly interrupt?: Interrupt | undefined;
  /**
   * Called now and then during a wait with how long that wait has lasted, in milliseconds. What it throws ends the
   * wait.
   */
  readonly whileWaiting?: ((milliseconds: number) => void) | undefined;
  /** Milliseconds between two calls of `whileWaiting`; 100 unless given. */
  readonly lookInterval?: number | undefined;
}

export const NO_TIMEOUT: Timeout = { what: 'nothing', milliseconds: Infinity };

/** Makes the deadline that is so many milliseconds from now. @param what see Timeout */
export function deadlineIn(milliseconds: number, what: string): Deadline {
  return { what, milliseconds, at: performance.now() + milliseconds };
}

/** Milliseconds; see Waiting. Also how often a wait that an interrupt cannot wake looks whether one is raised. */
export const LOOK_INTERVAL = 100;

/**
 * Waits until something has happened. What has happened when the time is over is not late.
 * @param happens waits for it, at most so many milliseconds, and says whether it has happened
 * @throws TimeoutError after the timeout, or at the deadline where that comes first
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

/** @throws InterruptedError when the interrupt is raised */
export function refuseIfRaised(interrupt: Interrupt | undefined): void {
  const reason = interrupt?.raised;
  if (reason !== undefined) throw new InterruptedError(reason);
}

/** Nobody ever changes it. */
const UNTOUCHED = new Int32Array(new SharedArrayBuffer(4));

/**
 * Does nothing for so long.
 * @throws InterruptedError when the interrupt is raised; what `whileWaiting` throws
 */
export function pause(
  milliseconds: number,
  { interrupt, whileWaiting }: Pick<Waiting, 'interrupt' | 'whileWaiting'> = {},
): void {
  const word = interrupt?.word ?? UNTOUCHED;
  const sleep = (most: number) => Atomics.wait(word, 0, 0, most) === 'not-equal';
  try {
    const timeout = { what: 'nothing was to come', milliseconds };
    waitUntil(sleep, { timeout, interrupt, whileWaiting });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}
