// Octets in chunks, and the memory that their reader may allocate.
import { countAllocations } from './allocations.mjs';
import { Random, seedOf } from './random.mjs';
import { must } from './violation.mjs';

/**
 * Pushes octets in chunks of the sizes that `size` gives. Each chunk is a copy: nothing may be read beyond
 * it.
 * @param {Uint8Array} octets
 * @param {() => number} size
 * @param {(chunk: Uint8Array) => void} push
 */
export function chunked(octets, size, push) {
  for (let at = 0; at < octets.length;) {
    const to = Math.min(octets.length, at + size());
    push(octets.slice(at, to));
    at = to;
  }
}

/**
 * Sizes of chunks, drawn from the octets themselves.
 * @param {Uint8Array} octets
 */
export function anySize(octets) {
  const random = new Random(seedOf(octets));
  return () => 1 + random.below(12);
}

/**
 * Checks that an action allocates in proportion to the octets, whatever they announce.
 * @template T
 * @param {Uint8Array} octets
 * @param {() => T} action
 * @param {number} [most] octets that any of them may take
 * @returns {T} the action's result
 */
export function allocatesLittle(octets, action, most = 2 ** 20) {
  const { total, largest, value } = countAllocations(action);
  must(
    total <= most + 64 * octets.length,
    'allocation',
    () => `${total} bytes allocated for ${octets.length}, ${largest} at once`,
  );
  return value;
}
