/**
 * DIGEST, a record of mig's own in both layers: a checksum of all octets of the stream so far. See docs/extension.md.
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------------------------------+
 *     | octets of the stream that precede the record  |
 *     +-----------------------+-----------------------+
 *     | reserved              | CRC-32, lowest octet first in either byte order
 *     +-----------------------+-----------------------+
 *
 * Always a multiple of 8, so never padded.
 */
import { BodyError, type OctetReader, type OctetWriter } from '../octets/octets.js';
import { RECORD_HEADER_LENGTH } from './framing.js';
import { type Codec, plain, readReserved, writeReserved } from './record-kind.js';
import type { DigestRecord } from './records.js';

/** Number of DIGEST on the stream, in both layers. */
export const DIGEST_NUMBER = 0x6d696703;
const BODY_LENGTH = 16;
/** Octets of the record, its header included. */
export const DIGEST_LENGTH: number = RECORD_HEADER_LENGTH + BODY_LENGTH;
/** Octets of the record that precede the CRC, and are part of what it covers. */
export const DIGEST_COVERED: number = DIGEST_LENGTH - 4;
/**
 * The CRC-32 of any octets and, behind them, their own CRC-32, lowest octet first. A reader that has computed it over
 * everything up to the end of a DIGEST has this, or what it has read is not what was sent.
 */
export const DIGEST_RESIDUE = 0x2144df1c;

const codec: Codec<DigestRecord> = {
  decode(body: OctetReader) {
    const octets = body.u64('octets');
    if (octets > BigInt(Number.MAX_SAFE_INTEGER))
      throw new BodyError('bad-value', `a count of ${octets} bytes`, 'octets');
    const reserved = readReserved(body, 4);
    const crc = body.bytes(4, 'crc');
    const value = new DataView(crc.buffer, crc.byteOffset).getUint32(0, true);
    return { type: 'DIGEST', octets: Number(octets), crc: value, ...reserved };
  },
  encode({ octets, crc, reserved }: DigestRecord, body: OctetWriter) {
    body.u64(BigInt(octets));
    writeReserved(body, reserved, 4);
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, crc, true);
    body.bytes(value);
  },
};

/** The fields that the rows of both layers share. */
export const digestRow = {
  number: DIGEST_NUMBER,
  name: 'DIGEST',
  about: 'a checksum of all bytes so far',
  section: 'DIGEST',
  document: 'docs/extension.md, "DIGEST"',
  channel: 'forward',
  body: { maximum: BODY_LENGTH, tail: 'refused' },
  codec,
  describe: ({ octets, crc }: DigestRecord) => ({
    octets: plain(BigInt(octets)),
    crc: `0x${crc.toString(16).padStart(8, '0')}`,
  }),
} as const;

/** Encoder of DIGEST records of either layer, little-endian, in one reused buffer. */
export class DigestEncoder {
  readonly #octets = new Uint8Array(DIGEST_LENGTH);
  readonly #view = new DataView(this.#octets.buffer);

  constructor() {
    this.#view.setUint32(0, DIGEST_NUMBER, true);
    this.#view.setUint32(4, BODY_LENGTH, true);
  }

  /**
   * Encodes the record. Returns a view of it, valid until the next call. Throws RangeError unless `octets` is a safe
   * integer.
   * @param octets of the stream that precede the record
   * @param crcOf returns the CRC-32 of those and of the octets that it is given
   */
  encode(octets: number, crcOf: (head: Uint8Array) => number): Uint8Array {
    if (!Number.isSafeInteger(octets) || octets < 0) throw new RangeError(`a count of ${octets} bytes`);
    this.#view.setBigUint64(RECORD_HEADER_LENGTH, BigInt(octets), true);
    this.#view.setUint32(DIGEST_COVERED, crcOf(this.#octets.subarray(0, DIGEST_COVERED)), true);
    return this.#octets;
  }
}
