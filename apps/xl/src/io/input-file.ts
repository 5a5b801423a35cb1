/** Octets from a file or a pipe, through one reused buffer. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { OctetBuffer } from '@mig/protocol';
import { nameOf, standardStream } from './standard-stream.js';

/** Octets per read if all of them are wanted. */
const READ_ALL = 2 ** 20;
/** Octets per read if pages are skipped in a file: between two groups of pages lie some 8 KiB. */
const READ_SOME = 64 * 1024;
const RETRY_MILLISECONDS = 2;

export interface InputFileOptions {
  /** Whether skipped octets may stay unread, such as pages that are not looked at. */
  readonly seek: boolean;
}

export class InputFile {
  readonly #buffer: OctetBuffer;
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
    this.#buffer = new OctetBuffer(this.#granularity);
  }

  /** @param path `-` is standard input */
  static open(path: string, { seek }: InputFileOptions): InputFile {
    if (path === '-') return new InputFile(nameOf(path, 0), standardStream(0), false);
    const descriptor = openSync(path, 'r');
    return new InputFile(path, descriptor, seek && fstatSync(descriptor).isFile());
  }

  close(): void {
    if (this.descriptor !== 0) closeSync(this.descriptor);
  }

  /** Takes exactly `count` octets, or where the source ends before as many as are left; valid until the next call. */
  take(count: number): Uint8Array {
    while (this.#buffer.length < count && this.#fill(count));
    return this.#buffer.take(count);
  }

  /** Takes at least one octet and at most `count`, valid until the next call; none where the source has ended. */
  some(count: number): Uint8Array {
    if (this.#buffer.length === 0) this.#fill(1);
    return this.#buffer.take(count);
  }

  /**
   * Skips at most `count` octets.
   * @returns the number skipped; 0 at the end
   */
  skip(count: number): number {
    if (this.#buffer.length > 0 || this.#position === undefined) return this.some(count).length;
    // The size is read anew each time: the file may be growing.
    const left = Math.max(0, fstatSync(this.descriptor).size - this.#position);
    const skipped = Math.min(count, left);
    this.#position += skipped;
    return skipped;
  }

  /**
   * Reads once, towards `wanted` octets.
   * @returns false where the source has ended
   */
  #fill(wanted: number): boolean {
    if (this.#ended) return false;
    const towards = Math.max(this.#granularity, wanted - this.#buffer.length);
    const count = this.#read(this.#buffer.room(towards, Math.max(this.#granularity, wanted)));
    this.#buffer.arrived(count);
    if (this.#position !== undefined) this.#position += count;
    this.#ended = count === 0;
    return count > 0;
  }

  #read(room: Uint8Array): number {
    for (;;) {
      try {
        return readSync(this.descriptor, room, 0, room.length, this.#position ?? null);
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
