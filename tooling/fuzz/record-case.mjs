// One record's body in an otherwise valid stream: a wrong length would keep a fuzzer from reaching it.
import { checkStream } from './stream-case.mjs';

/** @import { ByteOrder, ImageRecord, LibxlRecord } from '@mig/protocol' */
/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

const PV = 1;
const VERSION_2 = 2;
const LIBXL = 4;
const OPTIONAL = 8;
const BIG_ENDIAN = 16;

/** Octets before a body: the number of the record's kind, and the kind of stream. */
const CHOICES = 2;

/**
 * @param {number} type
 * @param {Uint8Array} body
 * @param {ByteOrder} order
 */
function recordOf(type, body, order) {
  const octets = new Uint8Array(8 + Math.ceil(body.length / 8) * 8);
  const view = new DataView(octets.buffer);
  view.setUint32(0, type, order === 'little-endian');
  view.setUint32(4, body.length, order === 'little-endian');
  octets.set(body, 8);
  return octets;
}

/**
 * Builds this case's octets for a record of a stream.
 * @param {Random} random
 * @param {{ number: number, libxl: boolean, body: Uint8Array }} record
 */
export function recordChoices(random, { number, libxl, body }) {
  const flags = random.pick([0, PV, VERSION_2, PV | VERSION_2, BIG_ENDIAN, OPTIONAL]);
  return new Uint8Array(Buffer.concat([Buffer.from([number, flags | (libxl ? LIBXL : 0)]), body]));
}

/**
 * Builds the stream for the choices, with their record where its kind belongs.
 * @param {Uint8Array} choices
 * @param {Uint8Array} body
 * @param {Lib} lib
 */
function streamAround([number = 0, flags = 0], body, { protocol }) {
  const order = flags & BIG_ENDIAN ? 'big-endian' : 'little-endian';
  const version = flags & VERSION_2 ? 2 : 3;
  const type = flags & PV ? 'x86-pv' : 'x86-hvm';
  const own = recordOf(flags & OPTIONAL ? 2 ** 31 + number : number, body, order);
  /** @param {ImageRecord} record */
  const image = (record) => protocol.encodeImageRecord(record, order);
  /** @param {LibxlRecord} record */
  const libxl = (record) => protocol.encodeLibxlRecord(record, order);
  const isStatic = [2, 17, 18].includes(number);
  const inImage = flags & LIBXL ? [] : [own];
  return Buffer.concat([
    protocol.encodeLibxlHeader({ version: 2, byteOrder: order, legacy: false }),
    libxl({ type: 'LIBXC_CONTEXT' }),
    protocol.encodeImageHeader({ version, byteOrder: order }),
    protocol.encodeDomainHeader({ type, pageShift: 12, xenMajor: 4, xenMinor: 17 }, order),
    ...(flags & PV ? [image({ type: 'X86_PV_INFO', guestWidth: 8, ptLevels: 4 })] : []),
    ...(isStatic ? inImage : []),
    ...(version === 3 ? [image({ type: 'STATIC_DATA_END' })] : []),
    ...(isStatic ? [] : inImage),
    image({ type: 'END' }),
    ...(flags & LIBXL ? [own] : []),
    libxl({ type: 'END' }),
  ]);
}

/**
 * @param {Uint8Array} octets
 * @param {Lib} lib
 * @returns the error's code, or 'accepted'
 */
export function checkRecord(octets, lib) {
  if (octets.length < CHOICES) return 'refused';
  const stream = new Uint8Array(streamAround(octets, octets.subarray(CHOICES), lib));
  return checkStream(stream, lib, { start: 'libxl', permission: false });
}
