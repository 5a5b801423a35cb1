import { InterruptedError, PosixError, TimeoutError } from './errors.js';
import type { Interrupt } from './interrupt.js';
import { attempt, errno } from './libc.js';

const POLLIN = 0x1;
const POLLOUT = 0x4;
const POLLNVAL = 0x20;

/** How long a wait may last, and what a timeout says: "no octet of the stream from the target". */
export interface Patience {
  readonly what: string;
  /** Infinity waits for ever. */
  readonly milliseconds: number;
}

/** When several waits are to be over together: those for the octets of one message, say. */
export interface Deadline extends Patience {
  /** In the time of performance.now(). */
  readonly at: number;
}

/** What bounds a wait, and what may end it before. */
export interface Waiting {
  /** Begins anew with each wait, and so with each octet that moves. */
  readonly patience: Patience;
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

export const FOR_EVER: Patience = { what: 'nothing', milliseconds: Infinity };

/** The deadline that is so many milliseconds from now. @param what as of Patience */
export function deadlineIn(milliseconds: number, what: string): Deadline {
  return { what, milliseconds, at: performance.now() + milliseconds };
}

/** poll() takes its timeout as a C int: longer waits are made of several. */
const LONGEST_POLL = 0x7fffffff;

/** See Waiting. */
const LOOK_INTERVAL = 100;

/**
 * Does nothing for so long.
 * @throws InterruptedError when the interrupt is raised; what `whileWaiting` throws
 */
export function pause(
  milliseconds: number,
  { interrupt, whileWaiting }: Pick<Waiting, 'interrupt' | 'whileWaiting'> = {},
): void {
  try {
    const patience = { what: 'nothing was to come', milliseconds };
    // poll() passes over a negative descriptor.
    waitFor(-1, 'readable', { patience, interrupt, whileWaiting });
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}

// struct pollfd { int fd; short events; short revents; }, twice: the descriptor and the interrupt's.
const pollfds = new Int32Array(4);
const halves = new Int16Array(pollfds.buffer);

/**
 * Waits until `fd` can be read or written, or has ended. What is ready when the time is over is not late.
 * @throws TimeoutError after the patience, or at the deadline where that comes first
 * @throws InterruptedError when the interrupt is raised, even if the descriptor is ready
 */
export function waitFor(fd: number, direction: 'readable' | 'writable', waiting: Waiting): void {
  const { patience, deadline, interrupt } = waiting;
  const began = performance.now();
  const patienceEnds = began + patience.milliseconds;
  const end = Math.min(patienceEnds, deadline?.at ?? Infinity);
  const nextLook = () => performance.now() + (waiting.lookInterval ?? LOOK_INTERVAL);
  let look = waiting.whileWaiting === undefined ? Infinity : nextLook();
  for (;;) {
    pollfds[0] = fd;
    halves[2] = direction === 'readable' ? POLLIN : POLLOUT;
    halves[3] = 0;
    pollfds[2] = interrupt?.shared.fd ?? -1;
    halves[6] = POLLIN;
    halves[7] = 0;
    const left = Math.max(0, Math.min(end, look) - performance.now());
    const ready = attempt('poll', pollfds, 2, left > LONGEST_POLL ? LONGEST_POLL : Math.ceil(left));
    if (ready < 0) {
      if (-ready === errno('EINTR')) continue;
      throw new PosixError('poll', -ready, `descriptor ${fd}`);
    }
    // The word is there before the descriptor is ready, but for a peer that can only close its end.
    const reason = interrupt?.raised ?? (halves[7] === 0 ? undefined : 'peer-gone');
    if (reason !== undefined) throw new InterruptedError(reason);
    const happened = halves[3];
    if (happened & POLLNVAL) throw new PosixError('poll', errno('EBADF'), `descriptor ${fd}`);
    if (happened !== 0) return;
    const now = performance.now();
    if (now >= end) {
      const { what, milliseconds } = end === patienceEnds || deadline === undefined ? patience : deadline;
      throw new TimeoutError(what, milliseconds);
    }
    if (now < look) continue;
    waiting.whileWaiting?.(now - began);
    look = nextLook();
  }
}
