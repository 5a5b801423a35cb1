import { type AddressRanges, type EndOptions, type SinkDescriptor, WritingEnd } from '@mig/channel';
import { PosixError } from './errors.js';
import { IOV_MAX } from './iovec.js';
import { attempt, errno } from './libc.js';
import { fileOffset, SPLICE_F_NONBLOCK } from './splice.js';
import { waitFor } from './wait.js';

/**
 * The writing half of a channel that is a file descriptor. Every wait is a `poll` with the present bounds, so
 * a peer that stops reading causes a TimeoutError, and one that is gone a PosixError EPIPE. The descriptor
 * should be non-blocking, like those of `pipe()`: on a blocking one a large write waits in the kernel, beyond
 * any timeout.
 */
export class Output extends WritingEnd implements SinkDescriptor {
  constructor(
    readonly fd: number,
    options: EndOptions,
  ) {
    super(options);
  }

  get descriptor(): SinkDescriptor {
    return this;
  }

  /** Counts octets that another process has written to the same end. */
  wroteElsewhere(octets: number): void {
    this.moved(octets);
  }

  /** Writes all of `octets`. */
  write(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      const part = at === 0 ? octets : octets.subarray(at);
      at += this.#result('write', attempt('write', this.fd, part, part.length));
    }
  }

  /** Writes all ranges of the iovec, and empties it: no octet passes through JavaScript. */
  writev(iovec: AddressRanges): void {
    while (iovec.count > 0) {
      const count = Math.min(iovec.count, IOV_MAX);
      iovec.take(this.#result('writev', attempt('writev', this.fd, iovec.remaining(), count)));
    }
  }

  /**
   * Puts octets of an in-memory file into a pipe, as references to the file's pages: a reader gets the
   * content that the pages have when it reads.
   * @returns false, without moving anything, if the output is no pipe
   */
  splice(file: number, offset: number, length: number): boolean {
    for (let at = offset; at < offset + length;) {
      const due = offset + length - at;
      const result = attempt('splice', file, fileOffset(at), this.fd, null, due, SPLICE_F_NONBLOCK);
      if (-result === errno('EINVAL') && at === offset) return false;
      at += this.#result('splice', result);
    }
    return true;
  }

  #result(syscall: string, result: number): number {
    if (result >= 0) {
      this.moved(result);
      // Between two large writes that never wait, an interrupt must still be noticed.
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
