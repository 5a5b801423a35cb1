/**
 * The two headers of the image. Source: libxc specification, "Headers".
 *
 * Image header, big-endian always:
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------------------------------+
 *     | marker, all ones                              |
 *     +-----------------------+-----------------------+
 *     | id, "XENF"            | version, 2 or 3       |
 *     +-----------+-----------+-----------------------+
 *     | options   | reserved                          |  bit 0 big-endian, others reserved
 *     +-----------+-----------------------------------+
 *
 * Domain header, in the order that the options tell:
 *
 *     +-----------------------+-----------+-----------+
 *     | type, 1 PV or 2 HVM   | pageshift | reserved  |
 *     +-----------------------+-----------+-----------+
 *     | xen major             | xen minor             |
 *     +-----------------------+-----------------------+
 */
import { StreamError } from '../errors.js';
import type { GuestType } from './image-kind.js';
import { PAGE_SHIFT } from '../limits.js';
import { equal, OctetReader, OctetWriter, type ByteOrder } from '../octets/octets.js';
import { readReserved, writeReserved } from '../layer/record-kind.js';

export interface ImageHeader {
  readonly version: 2 | 3;
  /** Byte order of the domain header and the records. */
  readonly byteOrder: ByteOrder;
  /** Bits 1 to 15 of the options, in place, unless all zero. */
  readonly options?: number;
  /** The six reserved octets, unless all zero. */
  readonly reserved?: Uint8Array;
}

export interface DomainHeader {
  readonly type: GuestType;
  /** The binary logarithm of the octets in a page: 12 on x86. */
  readonly pageShift: number;
  /** Major version of the Xen that saved the domain; 0 in a converted legacy stream. */
  readonly xenMajor: number;
  readonly xenMinor: number;
  /** The two reserved octets, unless all zero. */
  readonly reserved?: Uint8Array;
}

/** Octets in the image header; the domain header after it has DOMAIN_HEADER_LENGTH. */
export const IMAGE_HEADER_LENGTH = 24;
export const DOMAIN_HEADER_LENGTH = 16;
/** The first 8 octets of an image: its `marker`. */
export const IMAGE_MARKER: Uint8Array = new Uint8Array(8).fill(0xff);
const ID = 0x58454e46;
const guestNumbers = { 'x86-pv': 1, 'x86-hvm': 2 } as const;

export function encodeImageHeader(header: ImageHeader): Uint8Array {
  const writer = new OctetWriter('big-endian');
  writer.bytes(IMAGE_MARKER);
  writer.u32(ID);
  writer.u32(header.version);
  writer.u16(((header.options ?? 0) & 0xfffe) | (header.byteOrder === 'big-endian' ? 1 : 0));
  writeReserved(writer, header.reserved, 6);
  return writer.written();
}

/**
 * Decodes the image header. Throws StreamError for another marker, id or version.
 * @param offset of the header in the stream, in octets
 */
export function decodeImageHeader(octets: Uint8Array, offset = 0): ImageHeader {
  const reader = new OctetReader(octets, 'big-endian');
  const section = 'libxc specification, "Image Header"';
  if (!equal(reader.bytes(IMAGE_MARKER.length, 'marker'), IMAGE_MARKER)) {
    const details = {
      layer: 'libxc',
      offset,
      field: 'marker',
      specification: `${section}: all ones`,
    } as const;
    throw new StreamError('bad-magic', 'this is not an image: perhaps a legacy one', details);
  }
  const id = reader.u32('id');
  if (id !== ID) {
    const details = {
      layer: 'libxc',
      offset: offset + 8,
      field: 'id',
      specification: `${section}: "XENF"`,
    } as const;
    throw new StreamError('bad-magic', `id 0x${id.toString(16)} in place of "XENF"`, details);
  }
  const version = reader.u32('version');
  if (version !== 2 && version !== 3) {
    const specification = `${section}: 3; stock's receiver takes 2 and 3`;
    const details = { layer: 'libxc', offset: offset + 12, field: 'version', specification } as const;
    throw new StreamError('unsupported-version', `image version ${version}`, details);
  }
  const options = reader.u16('options');
  const odd = options & 0xfffe;
  return {
    version,
    byteOrder: (options & 1) === 0 ? 'little-endian' : 'big-endian',
    ...(odd === 0 ? {} : { options: odd }),
    ...readReserved(reader, 6),
  };
}

export function encodeDomainHeader(header: DomainHeader, byteOrder: ByteOrder = 'little-endian'): Uint8Array {
  const writer = new OctetWriter(byteOrder);
  writer.u32(guestNumbers[header.type]);
  writer.u16(header.pageShift);
  writeReserved(writer, header.reserved, 2);
  writer.u32(header.xenMajor);
  writer.u32(header.xenMinor);
  return writer.written();
}

/**
 * Decodes the domain header. Throws StreamError for another guest type or page size, since nothing after it
 * would be certain.
 * @param offset of the header in the stream, in octets
 */
export function decodeDomainHeader(octets: Uint8Array, byteOrder: ByteOrder, offset = 0): DomainHeader {
  const reader = new OctetReader(octets, byteOrder);
  const section = 'libxc specification, "Domain Header"';
  const number = reader.u32('type');
  const type = number === 1 ? 'x86-pv' : number === 2 ? 'x86-hvm' : undefined;
  if (type === undefined) {
    const details = { layer: 'libxc', offset, field: 'type', specification: `${section}: 1 or 2` } as const;
    throw new StreamError('bad-value', `guest type ${number} is reserved`, details);
  }
  const pageShift = reader.u16('page_shift');
  if (pageShift !== PAGE_SHIFT) {
    const specification = `${section}; stock's x86 receivers take ${PAGE_SHIFT}`;
    const details = { layer: 'libxc', offset: offset + 4, field: 'page_shift', specification } as const;
    throw new StreamError('bad-value', `page shift ${pageShift}`, details);
  }
  const odd = readReserved(reader, 2);
  return { type, pageShift, xenMajor: reader.u32('xen_major'), xenMinor: reader.u32('xen_minor'), ...odd };
}
