// Counts the octets of typed arrays allocated by an action.

const watched = ['ArrayBuffer', 'Uint8Array', 'Uint32Array', 'Float64Array', 'Array'];

/**
 * Runs the action with counting constructors; returns octets in all, and in the largest array, beside its
 * result.
 * @template T
 * @param {() => T} action
 */
export function countAllocations(action) {
  const count = { total: 0, largest: 0 };
  const originals = new Map(watched.map((name) => [name, Reflect.get(globalThis, name)]));
  for (const [name, original] of originals) {
    const counting = new Proxy(original, {
      construct(target, parameters, self) {
        const [length] = parameters;
        if (typeof length === 'number' && parameters.length === 1) {
          const octets = length * (target.BYTES_PER_ELEMENT ?? (name === 'Array' ? 8 : 1));
          count.total += octets;
          count.largest = Math.max(count.largest, octets);
        }
        return Reflect.construct(target, parameters, self);
      },
    });
    Reflect.set(globalThis, name, counting);
  }
  try {
    const value = action();
    return { ...count, value };
  } finally {
    for (const [name, original] of originals) Reflect.set(globalThis, name, original);
  }
}
