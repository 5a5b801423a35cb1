// Minimises octets that violate an oracle, as long as the same oracle objects.

/** Most tries: a large case is still a case. */
const TRIES = 3000;

/**
 * Cuts pieces out, from large to small, then clears octets.
 * @param {Uint8Array} octets
 * @param {(octets: Uint8Array) => boolean} violates whether it is the same violation
 */
export function minimise(octets, violates) {
  let least = octets;
  let tries = 0;
  /** @param {Uint8Array} candidate */
  const attempt = (candidate) => {
    if (++tries > TRIES || !violates(candidate)) return false;
    least = candidate;
    return true;
  };
  for (let size = 2 ** Math.floor(Math.log2(Math.max(1, least.length))); size >= 1; size /= 2) {
    for (let at = 0; at < least.length && tries <= TRIES;) {
      const without = Buffer.concat([least.subarray(0, at), least.subarray(at + size)]);
      if (!attempt(new Uint8Array(without))) at += size;
    }
  }
  for (let size = 64; size >= 1; size /= 8) {
    for (let at = 0; at < least.length && tries <= TRIES; at += size) {
      if (least.subarray(at, at + size).some((octet) => octet !== 0)) {
        attempt(least.slice().fill(0, at, at + size));
      }
    }
  }
  return least;
}
