/**
 * Lists of 64-bit pfns, without BigInt: a pfn is below 2^52 and so a safe integer.
 *
 * The words of PAGE_DATA carry a page type (bits 63 to 60) and reserved bits (59 to 52) above the pfn; the lists of
 * X86_PV_P2M_FRAMES and CHECKPOINT_DIRTY_PFN_LIST are bare. Source: libxc specification.
 */
import { readReserved } from '../layer/record-kind.js';
import { BodyError, type OctetReader, type OctetWriter } from '../octets/octets.js';

/** One above the largest pfn. */
export const PFN_LIMIT = 2 ** 52;
const HIGH_LIMIT = 2 ** 20;
const WORD = 2 ** 32;

/**
 * Reads the rest of the body as pfns. Throws BodyError if it is no multiple of 8 octets, or a pfn does not
 * fit 52 bits.
 */
export function readPfns(body: OctetReader): Float64Array {
  if (body.remaining % 8 !== 0) {
    throw new BodyError('bad-length', `a list of pfns has ${body.remaining} bytes, no multiple of 8`, 'pfns');
  }
  const octets = body.rest();
  const pfns = new Float64Array(octets.length / 8);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const low = body.little ? 0 : 4;
  for (let i = 0; i < pfns.length; i++) {
    const top = view.getUint32(i * 8 + 4 - low, body.little);
    if (top >= HIGH_LIMIT) throw new BodyError('bad-value', 'a pfn has more than 52 bits', `pfns[${i}]`);
    pfns[i] = top * WORD + view.getUint32(i * 8 + low, body.little);
  }
  return pfns;
}

export function writePfns(body: OctetWriter, pfns: Float64Array): void {
  for (const pfn of pfns) {
    if (!(pfn >= 0 && pfn < PFN_LIMIT)) throw new RangeError(`${pfn} is not a pfn`);
    body.u64(BigInt(pfn));
  }
}

/** The words of a PAGE_DATA record, split into arrays that are reused. */
export class PageWords {
  pfns = new Float64Array(0);
  types = new Uint8Array(0);
  /** Bits 59 to 52 of each word. */
  reserved = new Uint8Array(0);
  anyReserved = false;

  /** Decodes all of `octets`, a multiple of 8; returns the number of words. The arrays may be longer. */
  read(octets: Uint8Array, little: boolean): number {
    const count = octets.length / 8;
    // Sized by what has arrived, never by what was announced.
    if (count > this.pfns.length) {
      this.pfns = new Float64Array(count);
      this.types = new Uint8Array(count);
      this.reserved = new Uint8Array(count);
    }
    const { pfns, types, reserved } = this;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    const low = little ? 0 : 4;
    let odd = 0;
    for (let i = 0; i < count; i++) {
      const high = view.getUint32(i * 8 + 4 - low, little);
      const top = high & 0xfffff;
      const bottom = view.getUint32(i * 8 + low, little);
      pfns[i] = top === 0 ? bottom : top * WORD + bottom;
      types[i] = high >>> 28;
      odd |= reserved[i] = (high >>> 20) & 0xff;
    }
    this.anyReserved = odd !== 0;
    return count;
  }
}

/**
 * Writes one word of PAGE_DATA at `offset`. Throws RangeError for a pfn that does not fit or is not an
 * integer.
 */
export function writePageWord(
  view: DataView,
  offset: number,
  little: boolean,
  pfn: number,
  type: number,
  reserved: number,
): void {
  const high = pfn >= 0 && pfn < WORD ? 0 : Math.floor(pfn / WORD);
  if (!(high >= 0 && high < HIGH_LIMIT)) throw new RangeError(`${pfn} is not a pfn`);
  // setUint32 converts modulo 2^32, which leaves bits 31 to 0.
  const low = little ? 0 : 4;
  view.setUint32(offset + low, pfn, little);
  view.setUint32(offset + 4 - low, (type << 28) | (reserved << 20) | high, little);
}

/**
 * Reads a count, what is reserved after it, and as many words: the beginning of a record with pages.
 * @param field names the words in an error
 * @returns `odd` is what readReserved returns
 * @throws BodyError
 */
export function readPageWords(body: OctetReader, field: string) {
  const count = body.u32('count');
  const odd = readReserved(body, 4);
  if (count === 0 || count * 8 > body.remaining) {
    throw new BodyError('bad-count', `count is ${count}, with ${body.remaining} bytes after it`, 'count');
  }
  const words = new PageWords();
  words.read(body.bytes(count * 8, field), body.little);
  return { words, count, odd };
}
