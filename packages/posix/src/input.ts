import {
  type AddressRanges,
  EndOfInputError,
  type EndOptions,
  type Pipe,
  ReadingEnd,
  type SourceDescriptor,
} from '@mig/channel';
import { PosixError } from './errors.js';
import { IOV_MAX } from './iovec.js';
import { attempt, call, errno } from './libc.js';
import { fileOffset, SPLICE_F_NONBLOCK } from './splice.js';
import { isReadable, waitFor } from './wait.js';

/** Octets from which two calls take less time than the other end would wait for one. */
const MANY = 1 << 16;

/**
 * The reading half of a channel that is a file descriptor; see Output. It never reads more than requested.
 */
export class Input extends ReadingEnd implements SourceDescriptor {
  /** Whether the descriptor can be spliced; undefined until that was tried. */
  #splices: boolean | undefined;

  constructor(
    readonly fd: number,
    options: EndOptions,
  ) {
    super(options);
  }

  get descriptor(): SourceDescriptor {
    return this;
  }

  /**
   * Reads what has arrived, waiting for at least one octet.
   * @returns the number of octets of `target` that were filled; 0 at the end
   */
  readSome(target: Uint8Array): number {
    for (;;) {
      waitFor(this.fd, 'readable', this);
      const result = attempt('read', this.fd, target, target.length);
      if (result >= 0) {
        this.moved(result);
        return result;
      }
      this.#retry('read', result);
    }
  }

  hasArrived(): boolean {
    return isReadable(this.fd);
  }

  /**
   * Fills all ranges of the iovec, and empties it: no octet passes through JavaScript.
   * @param through a pipe into which many octets go first, as with `splice`
   */
  readv(iovec: AddressRanges, through?: Pipe): void {
    while (iovec.count > 0) {
      const taken = through && iovec.octets >= MANY ? this.#takeInto(through, iovec.octets) : undefined;
      if (taken !== undefined) {
        fill(iovec, taken, through!.readEnd);
        continue;
      }
      waitFor(this.fd, 'readable', this);
      const count = Math.min(iovec.count, IOV_MAX);
      const result = attempt('readv', this.fd, iovec.remaining(), count);
      if (result < 0) {
        this.#retry('readv', result);
        continue;
      }
      if (result === 0) throw new EndOfInputError(this.subject, this.octets, iovec.octets);
      this.moved(result);
      iovec.take(result);
    }
  }

  /**
   * Moves octets into an in-memory file. They first go from the input into a pipe of the caller's own, as
   * references to pages. That holds the lock of an input pipe for a moment only; copying straight into place
   * would hold it until everything is copied, while the writer at the other end waits. Pages that the file
   * does not have yet need neither a fault nor zeroing, as they do when `readv` fills a mapping of it.
   * @param through empty before, and empty again on return; if this throws, what is left in it is lost
   * @returns false, without moving anything, if this kind of input cannot be spliced
   */
  splice(file: number, offset: number, length: number, through: Pipe): boolean {
    for (let at = offset; at < offset + length;) {
      const taken = this.#takeInto(through, offset + length - at);
      if (taken === undefined) return false;
      fillFile(file, at, taken, through.readEnd);
      at += taken;
    }
    return true;
  }

  /**
   * Moves what has arrived, waiting for at least one octet.
   * @param due most octets to take
   * @returns undefined if the input cannot be spliced; nothing was taken then
   */
  #takeInto({ writeEnd }: Pipe, due: number): number | undefined {
    while (this.#splices !== false) {
      waitFor(this.fd, 'readable', this);
      const taken = attempt('splice', this.fd, null, writeEnd, null, due, SPLICE_F_NONBLOCK);
      if (taken === 0) throw new EndOfInputError(this.subject, this.octets, due);
      if (taken > 0) {
        this.#splices = true;
        this.moved(taken);
        return taken;
      }
      if (-taken === errno('EINVAL') && this.#splices === undefined) this.#splices = false;
      else this.#retry('splice', taken);
    }
    return undefined;
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

/** Copies octets from a pipe into the ranges of an iovec. */
function fill(iovec: AddressRanges, length: number, readEnd: number): void {
  for (let left = length; left > 0;) {
    const count = Math.min(iovec.count, IOV_MAX);
    const moved = call('readv', 'memory', readEnd, iovec.remaining(), count);
    iovec.take(moved);
    left -= moved;
  }
}

/** Copies octets from a pipe into a file. */
function fillFile(file: number, offset: number, length: number, readEnd: number): void {
  for (let at = offset; at < offset + length;) {
    at += call('splice', 'memory', readEnd, null, file, fileOffset(at), offset + length - at, 0);
  }
}
