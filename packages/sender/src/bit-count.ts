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
