// Randomness from a seed: the same seed gives the same case (mulberry32).

export class Random {
  #state;

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed | 0;
  }

  /** Draws a number from 0 to 1, without 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * Draws an integer from 0 to `limit`, without `limit`.
   * @param {number} limit
   */
  below(limit) {
    return Math.floor(this.next() * limit);
  }

  /**
   * Draws an integer from `least` to `most`.
   * @param {number} least
   * @param {number} most
   */
  from(least, most) {
    return least + this.below(most - least + 1);
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /** @template {unknown} T @param {readonly T[]} list that is not empty */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)]);
  }

  /** @param {number} length */
  octets(length) {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/**
 * A seed from all octets, so that draws can be repeated from the octets alone (FNV-1a).
 * @param {Uint8Array} octets
 */
export function seedOf(octets) {
  let hash = 0x811c9dc5;
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash >>> 0;
}
