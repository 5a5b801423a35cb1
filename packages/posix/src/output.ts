import { PosixError } from './errors.js';
import type { Interrupt } from './interrupt.js';
import { IOV_MAX, type Iovec } from './iovec.js';
import { attempt, errno } from './libc.js';
import { fileOffset, SPLICE_F_NONBLOCK } from './splice.js';
import { type Deadline, FOR_EVER, type Patience, type Waiting, waitFor } from './wait.js';

export interface ChannelOptions {
  /** What an error calls the descriptor: "the stream to host2". */
  readonly subject: string;
  readonly interrupt?: Interrupt | undefined;
  readonly patience?: Patience;
}

/**
 * The writing half of a channel. Every wait is a `poll` with what bounds it now, so a peer that stops
 * reading ends as a TimeoutError, one that is gone as a PosixError EPIPE. The descriptor should be
 * non-blocking (`pipe()` makes it so): on a blocking one a large write waits in the kernel, beyond any timeout.
 */
export class Output implements Waiting {
  /** No octet moved for this long is a TimeoutError. */
  patience: Patience;
  /** A wait beyond it is a TimeoutError, however often an octet moves. */
  deadline: Deadline | undefined;
  /** What may end a wait; undefined where nothing may (after permission to go). */
  interrupt: Interrupt | undefined;
  /** Called now and then while a write waits: see Waiting. */
  whileWaiting: ((milliseconds: number) => void) | undefined;
  readonly subject: string;
  #octets = 0;

  constructor(
    readonly fd: number,
    options: ChannelOptions,
  ) {
    this.subject = options.subject;
    this.interrupt = options.interrupt;
    this.patience = options.patience ?? FOR_EVER;
  }

  /** Another process wrote to the same end meanwhile: its octets count as ours. */
  wroteElsewhere(octets: number): void {
    this.#octets += octets;
  }

  /** Octets written so far. */
  get octets(): number {
    return this.#octets;
  }

  /** Writes all of it. */
  write(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      const part = at === 0 ? octets : octets.subarray(at);
      at += this.#moved('write', attempt('write', this.fd, part, part.length));
    }
  }

  /** Writes, and empties, all that the iovec holds: no octet passes through JavaScript. */
  writev(iovec: Iovec): void {
    while (iovec.count > 0) {
      const count = Math.min(iovec.count, IOV_MAX);
      iovec.take(this.#moved('writev', attempt('writev', this.fd, iovec.remaining(), count)));
    }
  }

  /**
   * Puts octets of a file that is kept in memory into a pipe, as references to the file's pages: whoever reads them gets what
   * the pages have in them by then.
   * @returns false, nothing having moved, where the output is no pipe
   */
  splice(file: number, offset: number, length: number): boolean {
    for (let at = offset; at < offset + length;) {
      const due = offset + length - at;
      const result = attempt('splice', file, fileOffset(at), this.fd, null, due, SPLICE_F_NONBLOCK);
      if (-result === errno('EINVAL') && at === offset) return false;
      at += this.#moved('splice', result);
    }
    return true;
  }

  #moved(syscall: string, result: number): number {
    if (result >= 0) {
      this.#octets += result;
      // Between two large writes that never had to wait, an interrupt must still be seen.
      if (this.interrupt?.raised !== undefined) waitFor(this.fd, 'writable', this);
      return result;
    }
    if (-result === errno('EAGAIN')) waitFor(this.fd, 'writable', this);
    else if (-result !== errno('EINTR')) throw new PosixError(syscall, -result, this.subject);
    return 0;
  }

  close(): void {
    attempt('close', this.fd);
  }
}
