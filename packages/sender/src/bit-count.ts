/** Bits that are set, a 32-bit word at a time. */
export function bitCount(bitmap: Uint32Array): number {
  let count = 0;
  for (let word of bitmap) {
    // Population count by halves (Hacker's Delight, 5-1).
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
