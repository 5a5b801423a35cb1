/**
 * Parameters of splice(2), which moves octets between a pipe and something else, as references to pages if
 * possible.
 */

/** Flag: do not wait for a pipe to have octets, or room. */
export const SPLICE_F_NONBLOCK = 2;

const offset = new Uint32Array(2);

/**
 * Makes the 64-bit integer in memory that splice() takes for a place in a file; valid until the next call.
 */
export function fileOffset(octets: number): Uint32Array {
  offset[0] = octets;
  offset[1] = octets / 2 ** 32;
  return offset;
}
