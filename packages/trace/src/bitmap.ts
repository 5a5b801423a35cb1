/**
 * A dirty bitmap as a trace carries it: one bit per pfn, lowest first, in 32-bit words. It has the shorter
 * of two forms.
 *
 * - `raw`: its octets, bit `pfn % 8` of octet `pfn / 8`, as Xen lays it out.
 * - `runs`: the lengths of runs of pages that are clean, dirty, clean and so on, each as a LEB128 varint; the
 *   first may be 0, and together they are 32 times the words.
 */
export interface PackedBitmap {
  readonly coding: 'raw' | 'runs';
  /** Number of 32-bit words; a packed bitmap from a TraceDecoder is within MAX_BITMAP_WORDS, and complete. */
  readonly words: number;
  readonly octets: Uint8Array;
}

/** Most words of a bitmap: 2 TiB of memory. */
export const MAX_BITMAP_WORDS = 1 << 24;

/** Packs a bitmap in its shorter form. @throws RangeError for more than MAX_BITMAP_WORDS words */
export function packBitmap(bitmap: Uint32Array): PackedBitmap {
  const words = bitmap.length;
  if (words > MAX_BITMAP_WORDS) throw new RangeError(`a bitmap of ${words} words`);
  const runs = packRuns(bitmap, words * 4);
  if (runs !== undefined) return { coding: 'runs', words, octets: runs };
  const octets = new Uint8Array(words * 4);
  const view = new DataView(octets.buffer);
  bitmap.forEach((word, i) => view.setUint32(i * 4, word, true));
  return { coding: 'raw', words, octets };
}

/** Packs a bitmap as runs. @returns undefined if it takes `limit` octets or more */
function packRuns(bitmap: Uint32Array, limit: number): Uint8Array | undefined {
  const octets = new Uint8Array(limit + 5);
  let length = 0;
  for (const run of runsOf(bitmap)) {
    let rest = run;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) octets[length++] = (rest & 0x7f) | 0x80;
    octets[length++] = rest;
    if (length >= limit) return undefined;
  }
  return octets.slice(0, length);
}

/** Yields lengths of runs, clean pages first; none for an empty bitmap. */
function* runsOf(bitmap: Uint32Array): Generator<number, void, undefined> {
  let dirty = false;
  let run = 0;
  for (const word of bitmap) {
    // Most words are all clean or all dirty: one comparison for 32 pages.
    if (word === (dirty ? 0xffffffff : 0)) {
      run += 32;
      continue;
    }
    for (let bit = 0; bit < 32; bit++) {
      if (((word >>> bit) & 1) === (dirty ? 1 : 0)) {
        run++;
      } else {
        yield run;
        dirty = !dirty;
        run = 1;
      }
    }
  }
  if (run > 0) yield run;
}

/** Tells whether the value is a valid packed bitmap, whatever its origin; allocates nothing. */
export function isPackedBitmap(packed: {
  readonly coding: 'raw' | 'runs';
  readonly words: unknown;
  readonly octets: Uint8Array;
}): packed is PackedBitmap {
  const { coding, words, octets } = packed;
  if (!Number.isSafeInteger(words) || (words as number) < 0 || (words as number) > MAX_BITMAP_WORDS)
    return false;
  if (coding === 'raw') return octets.length === (words as number) * 4;
  let pages = 0;
  for (const run of varints(octets)) {
    if (run === undefined || (pages += run) > (words as number) * 32) return false;
  }
  return pages === (words as number) * 32;
}

/** Yields the runs of dirty pages, as pairs of first pfn and count, lowest first. */
export function* dirtyRuns(packed: PackedBitmap): Generator<[first: number, count: number], void, undefined> {
  const runs = packed.coding === 'runs' ? varints(packed.octets) : runsOf(unpackBitmap(packed));
  let pfn = 0;
  let dirty = false;
  for (const run of runs) {
    if (run === undefined) throw new RangeError('a bitmap that is cut short');
    if (dirty && run > 0) yield [pfn, run];
    pfn += run;
    dirty = !dirty;
  }
}

/** Unpacks a bitmap. @throws RangeError for an invalid one; never for one from a TraceDecoder */
export function unpackBitmap(packed: PackedBitmap): Uint32Array {
  if (!isPackedBitmap(packed)) throw new RangeError('no packed bitmap');
  const { coding, words, octets } = packed;
  const bitmap = new Uint32Array(words);
  if (coding === 'raw') {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    for (let i = 0; i < words; i++) bitmap[i] = view.getUint32(i * 4, true);
    return bitmap;
  }
  for (const [first, count] of dirtyRuns(packed)) setRun(bitmap, first, first + count);
  return bitmap;
}

function setRun(bitmap: Uint32Array, from: number, to: number): void {
  for (let pfn = from; pfn < to;) {
    if (pfn % 32 === 0 && to - pfn >= 32) {
      bitmap[pfn / 32] = 0xffffffff;
      pfn += 32;
    } else {
      bitmap[pfn >>> 5]! |= 1 << (pfn & 31);
      pfn++;
    }
  }
}

/** Yields numbers; undefined for one that is cut short, or longer than any run. */
function* varints(octets: Uint8Array): Generator<number | undefined, void, undefined> {
  let value = 0;
  let place = 0;
  for (const octet of octets) {
    if (place > 28) return yield undefined;
    value += (octet & 0x7f) * 2 ** place;
    place += 7;
    if (octet >= 0x80) continue;
    yield value;
    value = place = 0;
  }
  if (place > 0) yield undefined;
}
