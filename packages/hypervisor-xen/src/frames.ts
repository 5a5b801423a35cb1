/** Frame lists as Xen takes them: 64 bits each, as two 32-bit words, the lower first. */

/** The most that xc_get_pfn_type_batch takes (E2BIG above), and what libxc maps at a time. */
export const BATCH = 1024;

/** Pages that the processor can map as one, 2 MiB: of order 9. */
export const SUPERPAGE_ORDER = 9;
export const SUPERPAGE = 2 ** SUPERPAGE_ORDER;

const WORD = 2 ** 32;

export class Frames {
  readonly words: Uint32Array;

  constructor(capacity = BATCH) {
    this.words = new Uint32Array(capacity * 2);
  }

  put(index: number, pfn: number): void {
    this.words[index * 2] = pfn;
    this.words[index * 2 + 1] = pfn < WORD ? 0 : pfn / WORD;
  }

  /** The first `count` from `pfns[first]` on. */
  fill(pfns: Float64Array | Uint32Array, first: number, count: number): void {
    if (pfns instanceof Uint32Array) this.#fillLow(pfns, first, count);
    else for (let i = 0; i < count; i++) this.put(i, pfns[first + i]!);
  }

  #fillLow(pfns: Uint32Array, first: number, count: number): void {
    const { words } = this;
    for (let i = 0; i < count; i++) {
      words[i * 2] = pfns[first + i]!;
      words[i * 2 + 1] = 0;
    }
  }
}

const NO_ERRORS = new Uint8Array(BATCH * 4);

/** @param errors of a mapping; whether none of the first `count`, at most BATCH, says that a frame could not be mapped */
export function allMapped(errors: Int32Array, count: number): boolean {
  return Buffer.from(errors.buffer, errors.byteOffset, count * 4).equals(NO_ERRORS.subarray(0, count * 4));
}
