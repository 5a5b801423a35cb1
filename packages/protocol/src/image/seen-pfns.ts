/** The set of pfns that have had a page, for the verifier. */

/**
 * Number of pfns in 64 GiB of guest memory, for which the bitmap takes 2 MiB. Repetition above is not
 * detected.
 */
const LIMIT = 2 ** 24;

export class SeenPfns {
  #words = new Uint32Array(0);

  /** Adds a pfn; returns whether it was there before. */
  add(pfn: number): boolean {
    if (pfn >= LIMIT) return false;
    const index = pfn >>> 5;
    if (index >= this.#words.length) {
      const words = new Uint32Array(
        Math.min(LIMIT / 32, Math.max(1024, 2 ** Math.ceil(Math.log2(index + 1)))),
      );
      words.set(this.#words);
      this.#words = words;
    }
    const word = this.#words[index] ?? 0;
    const bit = 1 << (pfn & 31);
    this.#words[index] = word | bit;
    return (word & bit) !== 0;
  }
}
