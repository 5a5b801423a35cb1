/**
 * PAGE_DATA, the bulk of an image. Source: libxc specification, "PAGE_DATA".
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | count, at least 1     | reserved              |
 *     +-----------------------+-----------------------+
 *     | type and pfn, 8 octets for each of count      |  bits 63-60 type, 59-52 reserved, 51-0 pfn
 *     +-----------------------------------------------+
 *     | page, 4096 octets for each type that has data |
 *     +-----------------------------------------------+
 *
 * Always a multiple of 8, so never padded.
 */
import { MAX_BATCH_SIZE, MAX_RECORD_BODY, PAGE_SIZE } from '../limits.js';
import { BodyError } from '../octets/octets.js';
import { isKnownPageType, KNOWN_TYPES, TYPES_WITH_DATA } from './page-type.js';
import { readPageWords, writePageWord } from './pfn-list.js';
import { writeReserved, type Codec } from '../layer/record-kind.js';
import type { PageDataRecord } from '../layer/records.js';

/** Number of PAGE_DATA on the stream; PAGE_DATA_FIXED_LENGTH octets of its body precede the first pfn. */
export const PAGE_DATA_NUMBER = 1;
export const PAGE_DATA_FIXED_LENGTH = 8;

/** Most pfns in a record: with a page for each it fits 128 MiB. */
export const MAX_PFNS = Math.floor((MAX_RECORD_BODY - PAGE_DATA_FIXED_LENGTH) / (8 + PAGE_SIZE));

/** Counts the pages in the record for the first `count` types; returns -1 - i if type i is unknown. */
export function countPages(types: Uint8Array, count: number): number {
  let present = 0;
  let known = 0;
  for (let i = 0; i < count; i++) {
    const type = types[i]!;
    present += TYPES_WITH_DATA[type]!;
    known += KNOWN_TYPES[type]!;
  }
  return known === count ? present : -1 - types.findIndex((type) => !isKnownPageType(type));
}

/**
 * Codec of the whole record as one value, for tests and tools. Streams of pages go through ImageDecoder and
 * PageDataEncoder.
 */
export const pageDataCodec: Codec<PageDataRecord> = {
  decode(body) {
    const { words, count, odd } = readPageWords(body, 'pfns');
    const { pfns, types, reserved, anyReserved } = words;
    const present = countPages(types, count);
    if (present < 0) {
      const i = -1 - present;
      throw new BodyError('bad-page-type', `page type ${types[i]} is reserved`, `pfns[${i}]`);
    }
    const pages = body.bytes(present * PAGE_SIZE, 'pages');
    return {
      type: 'PAGE_DATA',
      pfns,
      types,
      pages,
      ...odd,
      ...(anyReserved ? { reservedBits: reserved } : {}),
    };
  },
  encode(record, body) {
    const { pfns, types, pages, reserved, reservedBits } = record;
    body.u32(pfns.length);
    writeReserved(body, reserved, 4);
    const list = new Uint8Array(pfns.length * 8);
    const view = new DataView(list.buffer);
    pfns.forEach((pfn, i) =>
      writePageWord(view, i * 8, body.little, pfn, types[i] ?? 0, reservedBits?.[i] ?? 0),
    );
    body.bytes(list);
    body.bytes(pages);
  },
};

/**
 * Encodes record header, count and pfn list of PAGE_DATA records, little-endian, in one reused buffer. The
 * pages follow on the stream, in the order of the pfns, for the types that have page data.
 */
export class PageDataEncoder {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #maxPfns: number;

  /**
   * Creates an encoder. Throws RangeError unless `maxPfns` is 1 to 32704, so that a full record fits 128 MiB.
   * @param maxPfns the most pfns in one record
   */
  constructor(maxPfns: number = MAX_BATCH_SIZE) {
    if (!Number.isInteger(maxPfns) || maxPfns < 1 || maxPfns > MAX_PFNS) {
      throw new RangeError(`maxPfns is ${maxPfns}, not an integer from 1 to ${MAX_PFNS}`);
    }
    this.#maxPfns = maxPfns;
    this.#octets = new Uint8Array(16 + maxPfns * 8);
    this.#view = new DataView(this.#octets.buffer);
    this.#view.setUint32(0, PAGE_DATA_NUMBER, true);
  }

  /**
   * Encodes the first `count` of `pfns` and `types`. Returns a view of 16 + 8 x count octets, valid until the
   * next call. Throws RangeError for a count of 0 or above `maxPfns`, a reserved page type, or an invalid
   * pfn.
   */
  encode(pfns: Float64Array, types: Uint8Array, count: number): Uint8Array {
    if (
      !Number.isInteger(count) ||
      count < 1 ||
      count > this.#maxPfns ||
      count > pfns.length ||
      count > types.length
    ) {
      throw new RangeError(`count is ${count}, with room for ${this.#maxPfns} and ${pfns.length} pfns given`);
    }
    const present = countPages(types, count);
    if (present < 0) throw new RangeError(`page type ${types[-1 - present]} is reserved`);
    this.#view.setUint32(4, PAGE_DATA_FIXED_LENGTH + count * 8 + present * PAGE_SIZE, true);
    this.#view.setUint32(8, count, true);
    for (let i = 0; i < count; i++) writePageWord(this.#view, 16 + i * 8, true, pfns[i]!, types[i]!, 0);
    return this.#octets.subarray(0, 16 + count * 8);
  }
}
