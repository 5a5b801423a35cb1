/**
 * A page that can be checked: it has an index, a version, pseudo-random content that follows from both, and
 * a checksum over all. A lost page has an old version, a torn page a wrong checksum.
 */
const PAGE: usize = 4096;
const LAST: usize = PAGE - 8;

export const SOUND = 0;
/** The page is whole, but has another index or version than expected. */
export const STALE = 1;
export const TORN = 2;

export function seal(page: usize, index: u32, version: u32): void {
  const header = ((<u64>version) << 32) | index;
  store<u64>(page, header);
  let sum = header;
  // xorshift64: the state is never 0.
  let x = (header + 1) * 0x9e3779b97f4a7c15;
  if (x === 0) x = 1;
  for (let at: usize = 8; at < LAST; at += 8) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    store<u64>(page + at, x);
    sum = rotl<u64>(sum, 1) + x;
  }
  store<u64>(page + LAST, sum);
}

export function inspect(page: usize, index: u32, version: u32): i32 {
  let sum = load<u64>(page);
  for (let at: usize = 8; at < LAST; at += 8) sum = rotl<u64>(sum, 1) + load<u64>(page + at);
  if (sum !== load<u64>(page + LAST)) return TORN;
  return load<u64>(page) === (((<u64>version) << 32) | index) ? SOUND : STALE;
}

/** Inspects a page that should have zeros alone: any other is that of an older version. */
export function inspectCleared(page: usize): i32 {
  for (let at: usize = 0; at < PAGE; at += 8) if (load<u64>(page + at) !== 0) return STALE;
  return SOUND;
}

export function versionIn(page: usize): u32 {
  return load<u32>(page + 4);
}
