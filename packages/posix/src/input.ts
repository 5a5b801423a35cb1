import { EndOfInputError, PosixError } from './errors.js';
import type { Interrupt } from './interrupt.js';
import { IOV_MAX, type Iovec } from './iovec.js';
import { attempt, errno } from './libc.js';
import type { ChannelOptions } from './output.js';
import { type Deadline, FOR_EVER, type Patience, type Waiting, waitFor } from './wait.js';

/** A length that a peer announces is believed this far before any of it has arrived. */
const FIRST_ALLOCATION = 1 << 20;

/** splice() takes its offset as a 64-bit integer in memory; here are its halves. */
const spliceOffset = new Uint32Array(2);

/** The reading half of a channel; see Output. It never reads more than it is asked for. */
export class Input implements Waiting {
  patience: Patience;
  deadline: Deadline | undefined;
  interrupt: Interrupt | undefined;
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

  /** Octets read so far. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Reads what has arrived, waiting for at least one octet.
   * @returns how many octets of `target` were filled; 0 at the end
   */
  readSome(target: Uint8Array): number {
    for (;;) {
      waitFor(this.fd, 'readable', this);
      const result = attempt('read', this.fd, target, target.length);
      if (result >= 0) {
        this.#octets += result;
        return result;
      }
      this.#retry('read', result);
    }
  }

  /**
   * Reads exactly `length` octets into an array of their own. Memory grows with what arrives, not with what
   * was announced.
   * @throws EndOfInputError when the input ends before
   */
  read(length: number): Uint8Array {
    let octets = new Uint8Array(Math.min(length, FIRST_ALLOCATION));
    this.#fill(octets, length);
    while (octets.length < length) {
      const larger = new Uint8Array(Math.min(length, octets.length * 4));
      larger.set(octets);
      this.#fill(larger.subarray(octets.length), length - octets.length);
      octets = larger;
    }
    return octets;
  }

  /**
   * Fills all of `target`.
   * @throws EndOfInputError when the input ends before
   */
  fill(target: Uint8Array): void {
    this.#fill(target, target.length);
  }

  /** @param due octets that were to come, `target` included */
  #fill(target: Uint8Array, due: number): void {
    for (let at = 0; at < target.length;) {
      const moved = this.readSome(at === 0 ? target : target.subarray(at));
      if (moved === 0) throw new EndOfInputError(this.subject, this.#octets, due - at);
      at += moved;
    }
  }

  /** Fills, and empties, all that the iovec holds: no octet passes through JavaScript. */
  readv(iovec: Iovec): void {
    while (iovec.count > 0) {
      waitFor(this.fd, 'readable', this);
      const count = Math.min(iovec.count, IOV_MAX);
      const result = attempt('readv', this.fd, iovec.remaining(), count);
      if (result < 0) {
        this.#retry('readv', result);
        continue;
      }
      if (result === 0) throw new EndOfInputError(this.subject, this.#octets, iovec.octets);
      this.#octets += result;
      iovec.take(result);
    }
  }

  /**
   * Moves octets into a file. Pages that are not in the file yet need neither a fault nor zeroing, as they do when
   * `readv` fills a mapping of it: about half as long again in the measure of tooling/bench.
   * @returns false, nothing having moved, where the input is no pipe
   */
  splice(file: number, offset: number, length: number): boolean {
    for (let at = offset; at < offset + length;) {
      waitFor(this.fd, 'readable', this);
      spliceOffset[0] = at;
      spliceOffset[1] = at / 2 ** 32;
      const result = attempt('splice', this.fd, null, file, spliceOffset, offset + length - at, 0);
      if (-result === errno('EINVAL') && at === offset) return false;
      if (result === 0) throw new EndOfInputError(this.subject, this.#octets, offset + length - at);
      if (result < 0) {
        this.#retry('splice', result);
        continue;
      }
      this.#octets += result;
      at += result;
    }
    return true;
  }

  #retry(syscall: string, result: number): void {
    if (-result !== errno('EAGAIN') && -result !== errno('EINTR')) {
      throw new PosixError(syscall, -result, this.subject);
    }
  }

  close(): void {
    attempt('close', this.fd);
  }
}
