/** What splice(2) is called with: octets go between a pipe and something else as references to pages where they can. */

/** Does not wait for a pipe to have octets, or room. */
export const SPLICE_F_NONBLOCK = 2;

const offset = new Uint32Array(2);

/** A place in a file as splice() takes it, a 64-bit integer in memory; valid until the next call. */
export function fileOffset(octets: number): Uint32Array {
  offset[0] = octets;
  offset[1] = octets / 2 ** 32;
  return offset;
}
