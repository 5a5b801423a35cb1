// The parts of the conversation as they pass: each with its rank (injection-points.mjs), its section and its length,
// known before its first octet is carried. So a fault is placed by name, whatever the offsets are.
//
// Headers are read by hand, in the shortest way that works for a correct stream: the code under test must
// not decide where it is tested.

/** @typedef {{ rank: number, section: string, length: number }} Part */
/** @typedef {typeof import('./injection-points.mjs').Rank} Ranks */
/** @typedef {(length: number) => Promise<Buffer | undefined>} Header the next octets, without taking them; undefined at the end */

const HANDSHAKE = 44;
const [PAGE_DATA, STATIC_DATA_END, VERIFY, END] = [0x01, 0x10, 0x0d, 0x00];
const [ZERO_PAGES, ZSTD_PAGES, DIGEST] = [0x6d696701, 0x6d696702, 0x6d696703];
const EMULATOR_CONTEXT = 0x03;

/** A reader of octets that are not carried yet. */
export class Reader {
  #octets;
  /** @type {Buffer} */
  #held = Buffer.alloc(0);

  /** @param {AsyncIterable<Buffer>} octets */
  constructor(octets) {
    this.#octets = octets[Symbol.asyncIterator]();
  }

  /**
   * @param {number} count
   * @returns the next `count` octets, fewer if it ends before; they stay
   */
  async peek(count) {
    while (this.#held.length < count) {
      const { value, done } = await this.#octets.next();
      if (done === true) break;
      this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    }
    return this.#held.subarray(0, count);
  }

  /**
   * @param {number} most
   * @returns at most `most` octets, at least one unless it has ended
   */
  async take(most) {
    if (this.#held.length === 0) await this.peek(1);
    const taken = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }
}

/**
 * @param {number} rank
 * @param {number} length
 * @param {string} [section]
 * @returns {Part}
 */
const part = (rank, length, section = 'whole') => ({ rank, section, length });

/** The part after all that is known; nothing is placed there. */
export const afterwards = part(-1, Infinity);

/**
 * @param {Reader} reader
 * @param {Ranks} ranks
 */
export async function* forwardParts(reader, ranks) {
  /** @type {Header} */
  const header = async (length) => {
    const octets = await reader.peek(length);
    return octets.length < length ? undefined : octets;
  };
  const xl = await header(48);
  if (xl === undefined) return;
  yield part(ranks.xlHeader, 48, 'fixed part');
  yield part(ranks.xlHeader, xl.readUInt32LE(44), 'configuration');
  yield part(ranks.libxlHeader, 16);
  yield part(ranks.context, 8);
  yield part(ranks.imageHeader, 24);
  yield part(ranks.domainHeader, 16);
  yield* imageRecords(header, ranks);
  yield* libxlRecords(header, ranks);
  yield part(ranks.permission, HANDSHAKE);
}

/**
 * @param {Header} header
 * @param {Ranks} ranks
 * @returns {AsyncGenerator<Part, void>}
 */
async function* imageRecords(header, ranks) {
  let rank = ranks.pages;
  for (;;) {
    const octets = await header(8);
    if (octets === undefined) return;
    const [type, length] = [octets.readUInt32LE(0), padded(octets.readUInt32LE(4))];
    if (type === END) return yield part(ranks.end, 8 + length);
    if (type === STATIC_DATA_END) yield part(ranks.staticData, 8 + length);
    else if (type === VERIFY) {
      yield part(ranks.verify, 8 + length);
      rank = ranks.verifiedPages;
    } else if (type === PAGE_DATA) {
      const first = await header(16);
      if (first === undefined) return;
      const pfns = first.readUInt32LE(8) * 8;
      yield part(rank, 8, 'header');
      yield part(rank, 8, 'count');
      yield part(rank, pfns, 'pfns');
      yield part(rank, length - 8 - pfns, 'pages');
      rank++;
    } else if (type === ZERO_PAGES) {
      // It precedes the other pages of its batch.
      yield part(rank, 8 + length, 'zeros');
    } else if (type === ZSTD_PAGES) {
      yield part(rank++, 8 + length, 'compressed');
    } else if (type === DIGEST) {
      yield part(rank, 8 + length, 'digest');
    } else throw new Error(`a record of type ${type}`);
  }
}

/**
 * @param {Header} header
 * @param {Ranks} ranks
 * @returns {AsyncGenerator<Part, void>}
 */
async function* libxlRecords(header, ranks) {
  for (;;) {
    const octets = await header(8);
    if (octets === undefined) return;
    const [type, length] = [octets.readUInt32LE(0), padded(octets.readUInt32LE(4))];
    if (type === END) return yield part(ranks.libxlEnd, 8 + length);
    if (type === DIGEST) {
      yield part(ranks.emulator, 8 + length, 'digest');
      continue;
    }
    if (type !== EMULATOR_CONTEXT) throw new Error(`a libxl record of type ${type}`);
    yield part(ranks.emulator, 16, 'header');
    yield part(ranks.emulator, length - 8, 'context');
  }
}

/** @param {number} length */
const padded = (length) => Math.ceil(length / 8) * 8;

/**
 * The parts of the target's direction, whose lengths follow from the handshake alone.
 * @param {Ranks} ranks
 */
export function* backwardParts(ranks) {
  yield part(ranks.banner, 54);
  yield part(ranks.hello, 24);
  yield part(ranks.ready, 34);
  yield part(ranks.report, 39);
  yield part(ranks.status, 1);
  yield part(ranks.permissionBack, HANDSHAKE);
}

/**
 * @param {Part} part
 * @param {import('./injection-points.mjs').Place} place
 * @param {number} fraction
 * @returns the octet of the part at that place; undefined if the place is elsewhere
 */
export function octetIn({ rank, section, length }, place, fraction) {
  if (rank < place.rank || (rank === place.rank && section !== place.section)) return undefined;
  // Beyond the intended part, which had no octets: at once.
  if (rank > place.rank) return 0;
  return Math.min(Math.floor(fraction * length), Math.max(0, length - 1));
}
