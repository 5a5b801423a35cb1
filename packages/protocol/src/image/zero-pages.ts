/**
 * ZERO_PAGES, a record of mig's own: pages of zeros alone, by their pfns. See docs/extension.md.
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | count, 1 to 1024      | reserved              |
 *     +-----------------------+-----------------------+
 *     | run, 8 octets for each of count               |  bits 63-52 pages minus 1, 51-0 first pfn
 *     +-----------------------------------------------+
 *
 * Runs ascend and do not overlap. Always a multiple of 8, so never padded.
 */
import { RECORD_HEADER_LENGTH } from '../layer/framing.js';
import { writeReserved } from '../layer/record-kind.js';
import { MAX_BATCH_SIZE } from '../limits.js';
import { extensionPages, type ImageKind, refused } from './image-kind.js';
import { PFN_LIMIT, readPageWords, writePageWord } from './pfn-list.js';

const NUMBER = 0x6d696701;
const FIXED_LENGTH = 8;
/** Most runs in a record: as many as a batch has pages. */
export const MAX_RUNS = MAX_BATCH_SIZE;
/** Most pages in a run. */
export const MAX_RUN_PAGES = 4096;
const DOCUMENT = 'docs/extension.md, "ZERO_PAGES"';

export const zeroPages: ImageKind<'ZERO_PAGES'> = {
  number: NUMBER,
  name: 'ZERO_PAGES',
  about: 'pages of zeros alone, by their pfns',
  section: 'ZERO_PAGES',
  document: DOCUMENT,
  ...extensionPages,
  body: { maximum: FIXED_LENGTH + MAX_RUNS * 8, tail: 'refused' },
  codec: {
    decode(body) {
      const { words, odd } = readPageWords(body, 'runs');
      const { types, reserved } = words;
      const pages = Uint16Array.from(types, (type, i) => ((type << 8) | reserved[i]!) + 1);
      return { type: 'ZERO_PAGES', pfns: words.pfns, pages, ...odd };
    },
    encode(record, body) {
      const { pfns, pages } = record;
      body.u32(pfns.length);
      writeReserved(body, record.reserved, 4);
      const list = new Uint8Array(pfns.length * 8);
      const view = new DataView(list.buffer);
      pfns.forEach((pfn, i) => writeRun(view, i * 8, body.little, pfn, pages[i] ?? 0));
      body.bytes(list);
    },
  },
  check({ pfns, pages }) {
    let past = 0;
    for (let i = 0; i < pfns.length; i++) {
      const first = pfns[i]!;
      if (first < past) {
        const message = `run ${i} begins at pfn ${first}, where the one before ends at ${past}`;
        return [refused('bad-value', `runs[${i}]`, message, DOCUMENT)];
      }
      past = first + pages[i]!;
    }
    if (past <= PFN_LIMIT) return [];
    return [refused('bad-value', 'runs', `the last run ends beyond pfn ${PFN_LIMIT}`, DOCUMENT)];
  },
  describe: ({ pfns, pages }) => ({
    runs: pfns.length,
    pages: pages.reduce((sum, each) => sum + each, 0),
    ...(pfns.length === 0 ? {} : { first: pfns[0]!, last: pfns.at(-1)! + pages.at(-1)! - 1 }),
  }),
};

function writeRun(view: DataView, offset: number, little: boolean, pfn: number, pages: number): void {
  if (!(pages >= 1 && pages <= MAX_RUN_PAGES)) throw new RangeError(`a run of ${pages} pages`);
  writePageWord(view, offset, little, pfn, (pages - 1) >> 8, (pages - 1) & 0xff);
}

/** Encodes ZERO_PAGES records, little-endian, in one reused buffer. */
export class ZeroPagesEncoder {
  readonly #octets = new Uint8Array(RECORD_HEADER_LENGTH + FIXED_LENGTH + MAX_RUNS * 8);
  readonly #view = new DataView(this.#octets.buffer);

  constructor() {
    this.#view.setUint32(0, NUMBER, true);
  }

  /**
   * Encodes the first `count` of `pfns`, which ascend: consecutive ones as a run. Returns a view of the record, valid
   * until the next call. Throws RangeError for a count of 0 or above 1024.
   */
  encode(pfns: Float64Array, count: number): Uint8Array {
    if (!Number.isInteger(count) || count < 1 || count > MAX_RUNS || count > pfns.length)
      throw new RangeError(`count is ${count}, with ${pfns.length} pfns given`);
    let runs = 0;
    for (let first = 0, past; first < count; first = past) {
      past = first + 1;
      while (past < count && pfns[past] === pfns[past - 1]! + 1) past++;
      const offset = RECORD_HEADER_LENGTH + FIXED_LENGTH + runs * 8;
      writeRun(this.#view, offset, true, pfns[first]!, past - first);
      runs++;
    }
    this.#view.setUint32(4, FIXED_LENGTH + runs * 8, true);
    this.#view.setUint32(RECORD_HEADER_LENGTH, runs, true);
    return this.#octets.subarray(0, RECORD_HEADER_LENGTH + FIXED_LENGTH + runs * 8);
  }
}
