// How many octets of typed arrays are allocated while something runs.

const watched = ['ArrayBuffer', 'Uint8Array', 'Uint32Array', 'Float64Array', 'Array'];

/** Runs it with constructors that count; returns octets in all, and in the largest. */
export function countAllocations(action) {
  const count = { total: 0, largest: 0 };
  const originals = watched.map((name) => [name, globalThis[name]]);
  for (const [name, original] of originals) {
    globalThis[name] = new Proxy(original, {
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
  }
  try {
    action();
  } finally {
    for (const [name, original] of originals) globalThis[name] = original;
  }
  return count;
}
