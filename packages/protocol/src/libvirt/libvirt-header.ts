/**
 * The header that precedes libxl's stream in a file of `virsh save`. Source: libxlSavefileHeader in
 * src/libxl/libxl_conf.h of libvirt, how libxlDomainSaveImageOpen in libxl_domain.c reads it, and what
 * libvirt 11.3 writes.
 *
 *      0                       4                       8
 *     +-----------------------------------------------+
 *     | magic, 16 octets: "libvirt-xml\n \0 \r"       |
 *     +-----------------------+-----------------------+
 *     | version, 2            | octets of XML         |
 *     +-----------------------+-----------------------+
 *     | unused, 40 octets                             |
 *     +-----------------------------------------------+
 *     | the domain's XML, with its NUL                |
 *     +-----------------------------------------------+
 *
 * Numbers are in the order of the host that wrote them: little-endian on x86. Version 1 came before libxl's stream version 2.
 */
import { StreamError, type StreamErrorCode } from '../errors.js';
import { MAX_DOMAIN_XML } from '../limits.js';
import { equal, OctetReader, OctetWriter } from '../octets/octets.js';
import { latin1 } from '../octets/text.js';

/** The header of a file of `virsh save`. */
export interface LibvirtHeader {
  readonly version: 2;
  /** The 40 unused octets, zero so far. */
  readonly unused: Uint8Array;
  /** The domain's XML in libvirt's own format, with its NUL. */
  readonly xml: Uint8Array;
}

/** The first 16 octets of a file of `virsh save`. */
export const LIBVIRT_MAGIC: Uint8Array = latin1('libvirt-xml\n \0 \r');
/** Octets that precede the XML. */
export const LIBVIRT_HEADER_LENGTH = 64;
export const LIBVIRT_SOURCE = 'libvirt, libxl_conf.h: libxlSavefileHeader';
const UNUSED = 40;

/**
 * Encodes the header. Throws RangeError unless `unused` has 40 octets, or if the XML is empty or longer than
 * MAX_DOMAIN_XML.
 */
export function encodeLibvirtHeader({ version, unused, xml }: LibvirtHeader): Uint8Array {
  if (unused.length !== UNUSED) throw new RangeError(`${unused.length} unused bytes`);
  if (xml.length === 0 || xml.length > MAX_DOMAIN_XML) throw new RangeError(`${xml.length} bytes of XML`);
  const writer = new OctetWriter('little-endian');
  writer.bytes(LIBVIRT_MAGIC);
  writer.u32(version);
  writer.u32(xml.length);
  writer.bytes(unused);
  writer.bytes(xml);
  return writer.written();
}

/**
 * Decodes the first 64 octets, and returns how many octets of XML follow. Throws StreamError where libvirt
 * refuses as well, and for XML longer than MAX_DOMAIN_XML.
 */
export function decodeLibvirtFixed(
  octets: Uint8Array,
  offset = 0,
): { header: LibvirtHeader; follows: number } {
  const refuse = (code: StreamErrorCode, message: string, field: string, at: number) =>
    new StreamError(code, message, {
      layer: 'libvirt',
      offset: offset + at,
      field,
      specification: LIBVIRT_SOURCE,
    });
  const reader = new OctetReader(octets, 'little-endian');
  if (!equal(reader.bytes(LIBVIRT_MAGIC.length, 'magic'), LIBVIRT_MAGIC))
    throw refuse('bad-magic', 'this is not a domain saved by libvirt', 'magic', 0);
  const version = reader.u32('version');
  if (version !== 2)
    throw refuse('unsupported-version', `version ${version} of libvirt's file`, 'version', 16);
  const follows = reader.u32('xmlLen');
  if (follows === 0) throw refuse('bad-length', 'no bytes of XML', 'xmlLen', 20);
  if (follows > MAX_DOMAIN_XML) throw refuse('record-too-long', `${follows} bytes of XML`, 'xmlLen', 20);
  const unused = new Uint8Array(reader.bytes(UNUSED, 'unused'));
  return { header: { version, unused, xml: new Uint8Array(0) }, follows };
}
