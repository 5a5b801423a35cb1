/** Octets from a file or a pipe, through one buffer that is used again. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { nameOf, standardStream } from './standard-stream.js';

/** Octets read at once where all of them are wanted. */
const READ_ALL = 2 ** 20;
/** The same where pages are passed over in a file: what stands between two lots of pages is some 8 KiB. */
const READ_SOME = 64 * 1024;
const RETRY_MILLISECONDS = 2;

export interface OctetSourceOptions {
  /** Whether octets that are skipped may go unread, as pages may that nobody looks at. */
  readonly seek: boolean;
}

export class OctetSource {
  /** No Buffer: of a Buffer, `slice` gives a view where of other arrays it gives a copy. */
  #buffer: Uint8Array;
  #start = 0;
  #end = 0;
  readonly #granularity: number;
  /** Where to read next in a file that is ours to seek in. */
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

  /** How many of the octets that were asked for were there when the source ended. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** Exactly `count` octets, valid until the next call; undefined where the source ends before. */
  take(count: number): Uint8Array | undefined {
    while (this.buffered < count) {
      if (!this.#fill(count)) return undefined;
    }
    return this.#consume(count);
  }

  /** The next `count` octets, which stay the next; undefined where the source ends before. */
  peek(count: number): Uint8Array | undefined {
    const octets = this.take(count);
    if (octets !== undefined) this.#start -= count;
    return octets;
  }

  /** At least one octet and at most `count`, valid until the next call; undefined where the source has ended. */
  some(count: number): Uint8Array | undefined {
    if (this.buffered === 0 && !this.#fill(1)) return undefined;
    return this.#consume(Math.min(count, this.buffered));
  }

  /** Passes over at most `count` octets. @returns how many; 0 where the source has ended */
  skip(count: number): number {
    if (this.buffered > 0 || this.#position === undefined) return this.some(count)?.length ?? 0;
    // The size is asked anew each time: the file may be growing.
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

  /** Reads once, towards `wanted` octets. The buffer grows as octets arrive, never by what a stream announces. */
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
        // A socket may be non-blocking: that is for whoever shares it to say.
        if (code !== 'EAGAIN') throw error;
        Atomics.wait(never, 0, 0, RETRY_MILLISECONDS);
      }
    }
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));
