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

export const FOR_EVER: Patience = { what: 'nothing', milliseconds: Infinity };

/** poll() takes its timeout as a C int: longer waits are made of several. */
const LONGEST_POLL = 0x7fffffff;

/**
 * Does nothing for so long.
 * @throws InterruptedError when `interrupt` is raised
 */
export function pause(milliseconds: number, interrupt?: Interrupt): void {
  try {
    // poll() passes over a negative descriptor.
    waitFor(-1, 'readable', { what: 'nothing was to come', milliseconds }, interrupt);
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  }
}

// struct pollfd { int fd; short events; short revents; }, twice: the descriptor and the interrupt's.
const pollfds = new Int32Array(4);
const halves = new Int16Array(pollfds.buffer);

/**
 * Waits until `fd` can be read or written, or has ended.
 * @throws TimeoutError after `patience.milliseconds`
 * @throws InterruptedError when `interrupt` is raised, even if the descriptor is ready
 */
export function waitFor(
  fd: number,
  direction: 'readable' | 'writable',
  patience: Patience,
  interrupt?: Interrupt,
): void {
  const deadline = performance.now() + patience.milliseconds;
  for (;;) {
    pollfds[0] = fd;
    halves[2] = direction === 'readable' ? POLLIN : POLLOUT;
    halves[3] = 0;
    pollfds[2] = interrupt?.shared.fd ?? -1;
    halves[6] = POLLIN;
    halves[7] = 0;
    const left = Math.max(0, deadline - performance.now());
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
    if (performance.now() >= deadline) throw new TimeoutError(patience.what, patience.milliseconds);
  }
}
