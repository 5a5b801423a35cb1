import { bitCount, setBit } from '@mig/hypervisor';

const BITS = 32;
const ALL = 0xffffffff;
const MOST_PAGES = 2 ** 32;

/**
 * The set of pfns still to be sent: one bit per pfn, lowest first. Batches are taken from it in ascending
 * order, and taken pfns are gone; so after a pass that was cut short exactly the rest is left, and the log's
 * next reading is added to it.
 */
export class DirtySet {
  readonly bitmap: Uint32Array;
  #word = 0;

  /** @throws RangeError above 2^32 pages: pfns are handled as 32 bits */
  constructor(readonly pageCount: number) {
    if (pageCount > MOST_PAGES)
      throw new RangeError(`${pageCount} pages, where a domain has at most ${MOST_PAGES}`);
    this.bitmap = new Uint32Array(Math.ceil(pageCount / BITS));
  }

  /** Adds every pfn of the domain. */
  fill(): void {
    this.bitmap.fill(0xffffffff);
    const odd = this.pageCount % BITS;
    if (odd !== 0) this.bitmap[this.bitmap.length - 1] = 0xffffffff >>> (BITS - odd);
    this.#word = 0;
  }

  /** Makes the next batch start at the lowest pfn again; call it after adding bits. */
  rewind(): void {
    this.#word = 0;
  }

  /**
   * Moves up to `most` pfns from the set to `pfns`.
   * @returns their number; 0 if none is left
   */
  take(pfns: Float64Array, most: number): number {
    const { bitmap } = this;
    let taken = 0;
    for (; this.#word < bitmap.length && taken < most; this.#word++) {
      let bits = bitmap[this.#word]!;
      const base = this.#word * BITS;
      if (bits === ALL && most - taken >= BITS) {
        for (let i = 0; i < BITS; i++) pfns[taken++] = base + i;
        bitmap[this.#word] = 0;
        continue;
      }
      while (bits !== 0 && taken < most) {
        pfns[taken++] = base + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
      }
      bitmap[this.#word] = bits;
      if (bits !== 0) break;
    }
    return taken;
  }

  /** Puts pfns back into the set: those from `first` on, up to `past`. */
  putBack(pfns: Float64Array, first: number, past: number): void {
    for (let i = first; i < past; i++) setBit(this.bitmap, pfns[i]!);
  }

  /** Counts the pages in the set. */
  count(): number {
    return bitCount(this.bitmap);
  }
}
