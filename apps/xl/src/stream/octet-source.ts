/** Octets from a file or a pipe, through one reused buffer. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { nameOf, standardStream } from './standard-stream.js';

/** Octets per read if all of them are wanted. */
const READ_ALL = 2 ** 20;
/** Octets per read if pages are skipped in a file: between two groups of pages lie some 8 KiB. */
const READ_SOME = 64 * 1024;
const RETRY_MILLISECONDS = 2;

export interface OctetSourceOptions {
  /** Whether skipped octets may stay unread, such as pages that are not looked at. */
  readonly seek: boolean;
}

export class OctetSource {
  /** The buffer; not a Buffer, whose `slice` gives a view instead of a copy. */
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  readonly #granularity: number;
  /** The next read position, in a file whose position is ours to move. */
  #position: number | undefined;
  #ended = false;

  constructor(
    readonly name: string,
    private readonly descriptor: number,
    seekable: boolean,
  ) {
    this.#granularity = seekable ? READ_SOME : READ_ALL;
    this.#position = seekable ? 0 : undefined;
    this.#buffer = new Uint8Array(this.#granularity);
  }

  /** @param path `-` is standard input */
  static open(path: string, { seek }: OctetSourceOptions): OctetSource {
    if (path === '-') return new OctetSource(nameOf(path, 0), standardStream(0), false);
    const descriptor = openSync(path, 'r');
    return new OctetSource(path, descriptor, seek && fstatSync(descriptor).isFile());
  }

  close(): void {
    if (this.descriptor !== 0) closeSync(this.descriptor);
  }

  /** Number of requested octets that were there when the source ended. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Takes exactly `count` octets, valid until the next call; undefined if the source ends before. */
  take(count: number): Uint8Array | undefined {
    while (this.buffered < count) {
      if (!this.#fill(count)) return undefined;
    }
    return this.#consume(count);
  }

  /** Takes at least one octet and at most `count`, valid until the next call; undefined at the end. */
  some(count: number): Uint8Array | undefined {
    if (this.buffered === 0 && !this.#fill(1)) return undefined;
    return this.#consume(Math.min(count, this.buffered));
  }

  /**
   * Skips at most `count` octets.
   * @returns the number skipped; 0 at the end
   */
  skip(count: number): number {
    if (this.buffered > 0 || this.#position === undefined) return this.some(count)?.length ?? 0;
    // The size is read anew each time: the file may be growing.
    const left = Math.max(0, fstatSync(this.descriptor).size - this.#position);
    const skipped = Math.min(count, left);
    this.#position += skipped;
    return skipped;
  }

  #consume(count: number): Uint8Array {
    const octets = this.#buffer.subarray(this.#start, this.#start + count);
    this.#start += count;
    return octets;
  }

  /** Reads once, towards `wanted` octets. The buffer grows as octets arrive, never by an announced length. */
  #fill(wanted: number): boolean {
    if (this.#ended) return false;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    else if (this.#start + wanted > this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    if (this.#end === this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#buffer.length * 2, wanted));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const room = Math.min(
      this.#buffer.length - this.#end,
      Math.max(this.#granularity, wanted - this.buffered),
    );
    const count = this.#read(room);
    this.#end += count;
    if (this.#position !== undefined) this.#position += count;
    if (count === 0) this.#ended = true;
    return count > 0;
  }

  #read(room: number): number {
    for (;;) {
      try {
        return readSync(this.descriptor, this.#buffer, this.#end, room, this.#position ?? null);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A socket may be non-blocking: those who share it decide that.
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(never, 0, 0, RETRY_MILLISECONDS);
      }
    }
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));
