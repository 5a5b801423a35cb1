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
import { waitFor } from './wait.js';

/** Octets from which on two calls are less than what the other end waits for one. */
const MANY = 1 << 16;

/** The reading half of a channel that is a file descriptor; see Output. It never reads more than it is asked for. */
export class Input extends ReadingEnd implements SourceDescriptor {
  /** Whether it can be spliced: undefined until that was tried. */
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
   * @returns how many octets of `target` were filled; 0 at the end
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

  /**
   * Fills, and empties, all that the iovec holds: no octet passes through JavaScript.
   * @param through what many octets are taken out of the input into first, as `splice` does it
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
   * Moves octets into a file that is kept in memory. They are taken out of the input into a pipe of the caller's own first,
   * as references to pages: that holds the lock of an input that is a pipe for a moment, where copying straight to their
   * place holds it until all is copied, and the writer at the other end waits. Pages that the file has not got yet need
   * neither a fault nor zeroing, as they do when `readv` fills a mapping of it.
   * @param through empty, and empty again on return; where this throws, what is left in it is lost
   * @returns false, nothing having moved, where the input is of a kind that cannot be spliced
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
   * @param due the most to take
   * @returns undefined where the input cannot be spliced; nothing was ever taken then
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

/** Copies octets that are in a pipe. */
function fill(iovec: AddressRanges, length: number, readEnd: number): void {
  for (let left = length; left > 0;) {
    const count = Math.min(iovec.count, IOV_MAX);
    const moved = call('readv', 'memory', readEnd, iovec.remaining(), count);
    iovec.take(moved);
    left -= moved;
  }
}

/** Copies octets that are in a pipe. */
function fillFile(file: number, offset: number, length: number, readEnd: number): void {
  for (let at = offset; at < offset + length;) {
    at += call('splice', 'memory', readEnd, null, file, fileOffset(at), offset + length - at, 0);
  }
}
