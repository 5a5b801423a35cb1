import type { AddressRanges } from '@mig/channel';

/** The most entries that one readv or writev takes. Source: IOV_MAX of limits.h. */
export const IOV_MAX = 1024;

const WORDS_PER_ENTRY = 4;

/**
 * A reusable array of `struct iovec { void *base; size_t length; }`. Adjacent ranges become one entry, so a
 * batch of consecutive pages is a single entry.
 */
export class Iovec implements AddressRanges {
  readonly #words: Uint32Array;
  #count = 0;
  #first = 0;
  #end = 0;
  #octets = 0;

  /** @param capacity most ranges that it can hold */
  constructor(readonly capacity: number) {
    this.#words = new Uint32Array(capacity * WORDS_PER_ENTRY);
  }

  /** Number of octets not yet taken. */
  get octets(): number {
    return this.#octets;
  }

  /** Number of entries not yet taken. */
  get count(): number {
    return this.#count - this.#first;
  }

  /** The address of the first octet not yet taken. */
  get address(): number {
    return this.#double(this.#first * WORDS_PER_ENTRY);
  }

  /** Length of the first entry not yet taken, in octets. */
  get length(): number {
    return this.#double(this.#first * WORDS_PER_ENTRY + 2);
  }

  clear(): void {
    this.#count = this.#first = this.#octets = 0;
    this.#end = -1;
  }

  /** Adds a range. @throws RangeError if there is no room */
  push(address: number, length: number): void {
    this.#octets += length;
    if (address === this.#end && this.#count > 0) {
      const at = (this.#count - 1) * WORDS_PER_ENTRY;
      const grown = this.#double(at + 2) + length;
      this.#words[at + 2] = grown;
      this.#words[at + 3] = grown / 2 ** 32;
    } else {
      if (this.#count === this.capacity) throw new RangeError(`an iovec of ${this.capacity} entries is full`);
      this.#put(this.#count++, address, length);
    }
    this.#end = address + length;
  }

  /** The entries not yet taken, for one system call. */
  remaining(): Uint32Array {
    return this.#words.subarray(this.#first * WORDS_PER_ENTRY, this.#count * WORDS_PER_ENTRY);
  }

  /** Drops the first `octets`, which a system call has moved. */
  take(octets: number): void {
    this.#octets -= octets;
    while (octets > 0) {
      const { length } = this;
      if (octets < length) {
        this.#put(this.#first, this.address + octets, length - octets);
        return;
      }
      octets -= length;
      this.#first++;
    }
  }

  /** Joins two words into one number. */
  #double(at: number): number {
    return this.#words[at]! + this.#words[at + 1]! * 2 ** 32;
  }

  #put(index: number, address: number, length: number): void {
    const at = index * WORDS_PER_ENTRY;
    this.#words[at] = address;
    this.#words[at + 1] = address / 2 ** 32;
    this.#words[at + 2] = length;
    this.#words[at + 3] = length / 2 ** 32;
  }
}
