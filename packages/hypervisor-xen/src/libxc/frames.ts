/** Frame lists in Xen's form: 64 bits each, as two 32-bit words, the lower first. */

/** Most frames of xc_get_pfn_type_batch (E2BIG above); libxc also maps that many at a time. */
export const BATCH = 1024;

/** Order of a superpage: 2 MiB, which the processor can map as one. */
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

  /** Fills in `count` frames from `pfns[first]` on. */
  fill(pfns: Float64Array, first: number, count: number): void {
    for (let i = 0; i < count; i++) this.put(i, pfns[first + i]!);
  }
}

const NO_ERRORS = new Uint8Array(BATCH * 4);

/**
 * @param errors of a mapping
 * @returns whether the first `count`, at most BATCH, were all mapped
 */
export function allMapped(errors: Int32Array, count: number): boolean {
  return Buffer.from(errors.buffer, errors.byteOffset, count * 4).equals(NO_ERRORS.subarray(0, count * 4));
}
