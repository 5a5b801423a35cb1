/**
 * The libxl header, big-endian always. Source: libxl specification, "Header".
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------------------------------+
 *     | ident, "LibxlFmt"                             |
 *     +-----------------------+-----------------------+
 *     | version, 2            | options               |  bit 0 big-endian, bit 1 legacy, others reserved
 *     +-----------------------+-----------------------+
 */
import { StreamError } from '../errors.js';
import { equal, OctetReader, OctetWriter, type ByteOrder } from '../octets/octets.js';
import { latin1 } from '../octets/text.js';

export interface LibxlHeader {
  readonly version: 2;
  /** Byte order of the records. */
  readonly byteOrder: ByteOrder;
  /** Whether the tool that converts legacy streams made the stream. */
  readonly legacy: boolean;
  /** Bits 2 to 31 of the options, in place, unless all zero. */
  readonly options?: number;
}

/** Octets of the libxl header. */
export const LIBXL_HEADER_LENGTH = 16;
/** The first 8 octets of a libxl stream: its `ident`. */
export const LIBXL_MAGIC: Uint8Array = latin1('LibxlFmt');
const SECTION = 'libxl specification, "Header"';

export function encodeLibxlHeader(header: LibxlHeader): Uint8Array {
  const writer = new OctetWriter('big-endian');
  writer.bytes(LIBXL_MAGIC);
  writer.u32(header.version);
  const known = (header.byteOrder === 'big-endian' ? 1 : 0) | (header.legacy ? 2 : 0);
  writer.u32((((header.options ?? 0) & ~3) | known) >>> 0);
  return writer.written();
}

/**
 * Decodes the libxl header. Throws StreamError for another ident or version.
 * @param offset of the header in the stream, in octets
 */
export function decodeLibxlHeader(octets: Uint8Array, offset = 0): LibxlHeader {
  const reader = new OctetReader(octets, 'big-endian');
  if (!equal(reader.bytes(8, 'ident'), LIBXL_MAGIC)) {
    const details = {
      layer: 'libxl',
      offset,
      field: 'ident',
      specification: `${SECTION}: "LibxlFmt"`,
    } as const;
    throw new StreamError('bad-magic', 'this is not a libxl stream', details);
  }
  const version = reader.u32('version');
  if (version !== 2) {
    const details = {
      layer: 'libxl',
      offset: offset + 8,
      field: 'version',
      specification: `${SECTION}: 2`,
    } as const;
    throw new StreamError('unsupported-version', `libxl stream version ${version}`, details);
  }
  const options = reader.u32('options');
  const odd = (options & ~3) >>> 0;
  return {
    version,
    byteOrder: (options & 1) === 0 ? 'little-endian' : 'big-endian',
    legacy: (options & 2) !== 0,
    ...(odd === 0 ? {} : { options: odd }),
  };
}
