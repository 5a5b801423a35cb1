/** Bitmaps of pfns, in the form of Xen's log of a domain's writes: bit n of word w stands for pfn 32 w + n. */

/** Tells whether the bit of a pfn is set. */
export function isSet(bitmap: Uint32Array, pfn: number): boolean {
  return ((bitmap[pfn >>> 5]! >>> (pfn & 31)) & 1) !== 0;
}

/** Sets the bit of a pfn. */
export function setBit(bitmap: Uint32Array, pfn: number): void {
  bitmap[pfn >>> 5]! |= 1 << (pfn & 31);
}

/** Clears the bit of a pfn. */
export function clearBit(bitmap: Uint32Array, pfn: number): void {
  bitmap[pfn >>> 5]! &= ~(1 << (pfn & 31));
}

/**
 * Counts the bits that are set, a 32-bit word at a time. Most words of a dirty bitmap are 0, and the last
 * count of a migration happens while the domain stands still, in code that was not compiled so far: hence no
 * iterator, and no work for such a word.
 */
export function bitCount(bitmap: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bitmap.length; i++) {
    let word = bitmap[i]!;
    if (word === 0) continue;
    // Population count by halves (Hacker's Delight, 5-1).
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
