/**
 * ZSTD_PAGES, a record of mig's own: a run of pages, compressed. See docs/extension.md.
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | count, 1 to 256       | reserved              |
 *     +-----------------------+-----------------------+
 *     | type and pfn, 8 octets for each of count      |  bits 63-60 type, 59-52 reserved, 51-0 pfn
 *     +-----------------------------------------------+
 *     | frame, to the end of the body                 |  one zstd frame: 4096 octets for each of count
 *     +-----------------------------------------------+
 *
 * Padded like other records.
 */
import { paddedLength, RECORD_HEADER_LENGTH } from '../layer/framing.js';
import { blob, writeReserved } from '../layer/record-kind.js';
import { PAGE_SIZE } from '../limits.js';
import { BodyError } from '../octets/octets.js';
import { extensionPages, type ImageKind, refused } from './image-kind.js';
import { countPages } from './page-data.js';
import { describePages } from './page-summary.js';
import { hasPageData } from './page-type.js';
import { readPageWords, writePageWord } from './pfn-list.js';
import { contentOfFrame } from './zstd-frame.js';

const NUMBER = 0x6d696702;
const FIXED_LENGTH = 8;
/** Most pages in a record, and so in a frame: 1 MiB. */
export const MAX_FRAME_PAGES = 256;
const DOCUMENT = 'docs/extension.md, "ZSTD_PAGES"';

export const zstdPages: ImageKind<'ZSTD_PAGES'> = {
  number: NUMBER,
  name: 'ZSTD_PAGES',
  about: 'pages, compressed',
  section: 'ZSTD_PAGES',
  document: DOCUMENT,
  ...extensionPages,
  body: { maximum: FIXED_LENGTH + MAX_FRAME_PAGES * (8 + PAGE_SIZE), tail: 'refused' },
  codec: {
    decode(body) {
      const { words, count, odd } = readPageWords(body, 'pfns');
      if (count > MAX_FRAME_PAGES) {
        throw new BodyError(
          'bad-count',
          `count is ${count}, at most ${MAX_FRAME_PAGES} are allowed`,
          'count',
        );
      }
      const { pfns, types, reserved, anyReserved } = words;
      if (countPages(types, count) !== count) {
        const i = types.findIndex((type) => !hasPageData(type));
        throw new BodyError('bad-page-type', `page type ${types[i]} has no page data`, `pfns[${i}]`);
      }
      if (anyReserved) {
        const i = reserved.findIndex((bits) => bits !== 0);
        throw new BodyError('bad-value', 'bits 59 to 52 of a pfn are not zero', `pfns[${i}]`);
      }
      return { type: 'ZSTD_PAGES', pfns, types, frame: body.rest(), ...odd };
    },
    encode(record, body) {
      const { pfns, types, frame } = record;
      body.u32(pfns.length);
      writeReserved(body, record.reserved, 4);
      const list = new Uint8Array(pfns.length * 8);
      const view = new DataView(list.buffer);
      pfns.forEach((pfn, i) => writePageWord(view, i * 8, body.little, pfn, types[i] ?? 0, 0));
      body.bytes(list);
      body.bytes(frame);
    },
  },
  check({ pfns, frame }) {
    const due = pfns.length * PAGE_SIZE;
    const content = contentOfFrame(frame);
    if (content === undefined) {
      return [refused('bad-value', 'frame', 'no zstd frame that tells its length', DOCUMENT)];
    }
    if (content !== due) {
      const message = `a frame of ${content} bytes, where ${pfns.length} pages make ${due}`;
      return [refused('bad-length', 'frame', message, DOCUMENT)];
    }
    if (frame.length < due) return [];
    const message = `a frame of ${frame.length} bytes for ${due}: it must be shorter than its pages`;
    return [refused('bad-length', 'frame', message, DOCUMENT)];
  },
  describe: ({ pfns, types, frame }) => ({
    ...describePages({ pfns, types, count: pfns.length }),
    frame: blob(frame),
  }),
};

/** Encodes the head of ZSTD_PAGES records, little-endian, in one reused buffer. The frame and its padding follow. */
export class ZstdPagesEncoder {
  readonly #octets = new Uint8Array(RECORD_HEADER_LENGTH + FIXED_LENGTH + MAX_FRAME_PAGES * 8);
  readonly #view = new DataView(this.#octets.buffer);

  constructor() {
    this.#view.setUint32(0, NUMBER, true);
  }

  /**
   * Encodes record header, count, and the words of `count` pages from index `first` on. Returns a view, valid until the
   * next call. Throws RangeError for a count of 0 or above 256, a frame that is empty or not shorter than the pages, or an
   * invalid pfn.
   * @param frameLength octets of the frame, without padding
   */
  encode(
    pfns: Float64Array,
    types: Uint8Array,
    first: number,
    count: number,
    frameLength: number,
  ): Uint8Array {
    if (!Number.isInteger(count) || count < 1 || count > MAX_FRAME_PAGES || first + count > pfns.length) {
      throw new RangeError(`count is ${count} from ${first} on, with ${pfns.length} pfns given`);
    }
    if (!(frameLength > 0 && frameLength < count * PAGE_SIZE)) {
      throw new RangeError(`a frame of ${frameLength} bytes for ${count} pages`);
    }
    this.#view.setUint32(4, FIXED_LENGTH + count * 8 + frameLength, true);
    this.#view.setUint32(RECORD_HEADER_LENGTH, count, true);
    let at = RECORD_HEADER_LENGTH + FIXED_LENGTH;
    for (let i = first; i < first + count; i++, at += 8) {
      writePageWord(this.#view, at, true, pfns[i]!, types[i]!, 0);
    }
    return this.#octets.subarray(0, at);
  }

  /** Returns the octets of a frame and its padding. */
  static padded(count: number, frameLength: number): number {
    const head = FIXED_LENGTH + count * 8;
    return paddedLength(head + frameLength) - head;
  }
}
