import { InterruptedError, LOOK_INTERVAL, type Waiting, waitUntil } from '@mig/channel';
import { PosixError } from './errors.js';
import { attempt, errno } from './libc.js';

const POLLIN = 0x1;
const POLLOUT = 0x4;
const POLLNVAL = 0x20;

/** Longest timeout in milliseconds: poll() takes it as a C int, so longer waits consist of several. */
const LONGEST_POLL = 0x7fffffff;

// struct pollfd { int fd; short events; short revents; }, twice: the descriptor and the interrupt's.
const pollfds = new Int32Array(4);
const halves = new Int16Array(pollfds.buffer);

/**
 * Waits until `fd` can be read or written, or has ended. What is ready when the time is over is not late.
 * @throws TimeoutError after the timeout, or at the deadline if that comes first
 * @throws InterruptedError when the interrupt is raised, even if the descriptor is ready
 */
export function waitFor(fd: number, direction: 'readable' | 'writable', waiting: Waiting): void {
  const { interrupt } = waiting;
  const longest = interrupt !== undefined && interrupt.fd === undefined ? LOOK_INTERVAL : LONGEST_POLL;
  waitUntil((milliseconds) => {
    pollfds[0] = fd;
    halves[2] = direction === 'readable' ? POLLIN : POLLOUT;
    halves[3] = 0;
    pollfds[2] = interrupt?.fd ?? -1;
    halves[6] = POLLIN;
    halves[7] = 0;
    const ready = attempt('poll', pollfds, 2, milliseconds > longest ? longest : Math.ceil(milliseconds));
    if (ready < 0) {
      if (-ready === errno('EINTR')) return false;
      throw new PosixError('poll', -ready, `descriptor ${fd}`);
    }
    // The word is set before the descriptor is ready, except for a peer that can only close its end.
    if (halves[7] !== 0) throw new InterruptedError(interrupt?.raised ?? 'peer-gone');
    const happened = halves[3];
    if (happened & POLLNVAL && interrupt?.raised === undefined) {
      throw new PosixError('poll', errno('EBADF'), `descriptor ${fd}`);
    }
    return happened !== 0;
  }, waiting);
}

/** Tells without waiting whether `fd` can be read, or has ended. */
export function isReadable(fd: number): boolean {
  pollfds[0] = fd;
  halves[2] = POLLIN;
  halves[3] = 0;
  return attempt('poll', pollfds, 1, 0) > 0;
}
