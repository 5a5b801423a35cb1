/**
 * The xl header, which precedes libxl's stream. Source: struct save_file_header in tools/xl/xl.h.
 *
 *      0                       4                       8
 *     +-----------------------------------------------+
 *     | magic, 32 octets: "Xen saved domain, xl format\n \0 \r"
 *     +-----------------------+-----------------------+
 *     | byte order 0x01020304 | mandatory flags       |  bit 0 JSON, bit 1 stream v2
 *     +-----------------------+-----------------------+
 *     | optional flags        | octets of optional data  bits 31 and 30 of the flags: mig's extension
 *     +-----------------------+-----------------------+
 *     | octets of configuration | configuration, with its NUL | more, skipped if not understood
 *
 * Numbers are in the order that the byte order mark shows, which for every x86 host is little-endian.
 */
import { StreamError, type StreamErrorCode } from '../errors.js';
import type { ExtensionFeatures } from '../layer/extension.js';
import { MAX_OPTIONAL_DATA } from '../limits.js';
import { equal, OctetReader, OctetWriter, type ByteOrder } from '../octets/octets.js';
import { fromUtf8, latin1, utf8 } from '../octets/text.js';

export interface XlHeader {
  readonly byteOrder: ByteOrder;
  /** The mandatory flags, XL_MANDATORY_FLAG_*; see `XlFlag`. */
  readonly mandatoryFlags: number;
  /** The optional flags; Xen defines none. See `XlOptionalFlag`. */
  readonly optionalFlags: number;
  /** The optional data: u32 length, then the configuration. Empty in a file saved without one. */
  readonly optionalData: Uint8Array;
}

/** Bits of the mandatory flags. */
export const XlFlag = { JSON: 1, STREAM_V2: 2 } as const;

/**
 * Bits of the optional flags. EXTENSION: the source is mig, and looks for a hello (docs/extension.md). Only a
 * migration has it; stock shows the flags and goes on (xl_vmcontrol.c, create_domain). DIGEST, only along with it: the
 * source sends digests of the stream, or nothing.
 */
export const XlOptionalFlag = { EXTENSION: 0x80000000, DIGEST: 0x40000000 } as const;

/** Tells whether the source looks for a hello. */
export function offersExtension({ optionalFlags }: Pick<XlHeader, 'optionalFlags'>): boolean {
  return (optionalFlags & XlOptionalFlag.EXTENSION) !== 0;
}

/** Tells whether the source sends digests of the stream: one that is not there where it is due is an error then. */
export function announcesDigests({ optionalFlags }: Pick<XlHeader, 'optionalFlags'>): boolean {
  return offersExtension({ optionalFlags }) && (optionalFlags & XlOptionalFlag.DIGEST) !== 0;
}

/**
 * Returns those of the offered features of mig's extension whose records may come behind this header; undefined if the
 * source is not mig. Digests come only where they are announced, so that neither the flag nor they get lost unnoticed.
 */
export function usableFeatures(
  header: Pick<XlHeader, 'optionalFlags'>,
  offered: ExtensionFeatures,
): ExtensionFeatures | undefined {
  if (!offersExtension(header)) return undefined;
  if (announcesDigests(header)) return offered;
  return new Set([...offered].filter((feature) => feature !== 'digest'));
}

export const XL_MAGIC: Uint8Array = latin1('Xen saved domain, xl format\n \0 \r');
/** Octets that precede the optional data. */
export const XL_HEADER_LENGTH = 48;
const BYTE_ORDER_MARK = 0x01020304;

/**
 * Makes the header that stock writes for a domain with this configuration, which is libxl JSON.
 * @param optionalFlags see `XlOptionalFlag`; stock sets none
 */
export function xlHeader(configurationJson: string, optionalFlags = 0): XlHeader {
  const text = utf8(configurationJson);
  const data = new OctetWriter('little-endian');
  data.u32(text.length + 1);
  data.bytes(text);
  data.u8(0);
  return {
    byteOrder: 'little-endian',
    mandatoryFlags: XlFlag.JSON | XlFlag.STREAM_V2,
    optionalFlags,
    optionalData: data.written(),
  };
}

/**
 * Encodes the header. Throws RangeError for flags that do not fit or optional data longer than
 * MAX_OPTIONAL_DATA.
 */
export function encodeXlHeader(header: XlHeader): Uint8Array {
  const { byteOrder, mandatoryFlags, optionalFlags, optionalData } = header;
  if (optionalData.length > MAX_OPTIONAL_DATA)
    throw new RangeError(`${optionalData.length} bytes of optional data`);
  const writer = new OctetWriter(byteOrder);
  writer.bytes(XL_MAGIC);
  for (const value of [BYTE_ORDER_MARK, mandatoryFlags, optionalFlags, optionalData.length])
    writer.u32(value);
  writer.bytes(optionalData);
  return writer.written();
}

function failure(
  code: StreamErrorCode,
  message: string,
  offset: number,
  field: string,
  specification: string,
) {
  return new StreamError(code, message, { layer: 'xl', offset, field, specification });
}

/** The part of the magic that no terminal changes; the rest serves to reveal such a change. */
const PRINTABLE = XL_MAGIC.subarray(0, XL_MAGIC.indexOf(0x0a));

function whatElse(octets: Uint8Array): string {
  if (!equal(octets.subarray(0, PRINTABLE.length), PRINTABLE)) return 'this is not a domain saved by xl';
  return (
    'this is a domain saved by xl whose line ends were changed on the way, by a terminal (ssh -T goes without one) or a ' +
    'transfer as text'
  );
}

/** Decodes the first 48 octets, and returns how many octets of optional data follow. Throws StreamError. */
export function decodeXlFixed(octets: Uint8Array, offset = 0): { header: XlHeader; follows: number } {
  if (!equal(octets.subarray(0, XL_MAGIC.length), XL_MAGIC)) {
    const asked = 'xl.h: 32 bytes, "Xen saved domain, xl format\\n \\0 \\r"';
    throw failure('bad-magic', whatElse(octets), offset, 'magic', asked);
  }
  const mark = new OctetReader(octets.subarray(32, 36), 'little-endian').u32('byteorder');
  if (mark !== BYTE_ORDER_MARK && mark !== 0x04030201) {
    const asked = 'xl.h: SAVEFILE_BYTEORDER_VALUE, 0x01020304';
    throw failure(
      'unsupported-byte-order',
      `byte order mark 0x${mark.toString(16)}`,
      offset + 32,
      'byteorder',
      asked,
    );
  }
  const byteOrder = mark === BYTE_ORDER_MARK ? 'little-endian' : 'big-endian';
  const reader = new OctetReader(octets.subarray(36, XL_HEADER_LENGTH), byteOrder);
  const mandatoryFlags = reader.u32('mandatory_flags');
  const optionalFlags = reader.u32('optional_flags');
  const follows = reader.u32('optional_data_len');
  const unknown = (mandatoryFlags & ~(XlFlag.JSON | XlFlag.STREAM_V2)) >>> 0;
  if (unknown !== 0) {
    const message = `mandatory flags 0x${unknown.toString(16)} are not known: it needs a newer xl`;
    const asked = 'xl.h: unknown mandatory flags, reject';
    throw failure('unsupported-version', message, offset + 36, 'mandatory_flags', asked);
  }
  if ((mandatoryFlags & XlFlag.STREAM_V2) === 0) {
    const message = 'a legacy stream, as Xen 4.5 and older wrote them';
    throw failure(
      'unsupported-version',
      message,
      offset + 36,
      'mandatory_flags',
      'xl.h: XL_MANDATORY_FLAG_STREAMv2',
    );
  }
  if (follows > MAX_OPTIONAL_DATA) {
    const asked = `at most ${MAX_OPTIONAL_DATA} bytes, a limit of ours`;
    throw failure(
      'record-too-long',
      `${follows} bytes of optional data`,
      offset + 44,
      'optional_data_len',
      asked,
    );
  }
  return { header: { byteOrder, mandatoryFlags, optionalFlags, optionalData: new Uint8Array(0) }, follows };
}

/**
 * Returns the configuration's octets within the optional data as a view; empty if there is none. Throws
 * StreamError if it does not fit.
 */
export function configurationOctets(header: XlHeader, offset = 0): Uint8Array {
  const data = header.optionalData;
  if (data.length === 0) return data;
  const asked =
    'xl.h: the optional data start with the size of the configuration, u32, and the configuration';
  const at = offset + XL_HEADER_LENGTH;
  if (data.length < 4) {
    throw failure('bad-length', `${data.length} bytes of optional data`, at, 'optional_data', asked);
  }
  const length = new OctetReader(data.subarray(0, 4), header.byteOrder).u32('config_len');
  if (length > data.length - 4) {
    const message = `a configuration of ${length} bytes, where ${data.length - 4} follow`;
    throw failure('bad-length', message, at, 'config_len', asked);
  }
  return data.subarray(4, 4 + length);
}

/**
 * Returns the domain's configuration: libxl JSON as text, without its NUL. Throws StreamError if there is
 * none, if it is not JSON (a flag tells), or if it is not UTF-8.
 */
export function configurationOf(header: XlHeader): string {
  const octets = configurationOctets(header);
  const at = XL_HEADER_LENGTH;
  if (octets.length === 0) {
    throw failure('bad-length', 'the stream has no configuration', at, 'optional_data', 'xl_saverestore.c');
  }
  if ((header.mandatoryFlags & XlFlag.JSON) === 0) {
    const message = 'the configuration is not JSON but in the format of xl.cfg';
    throw failure('bad-value', message, 36, 'mandatory_flags', 'xl.h: XL_MANDATORY_FLAG_JSON');
  }
  const end = octets.indexOf(0);
  try {
    return fromUtf8(end < 0 ? octets : octets.subarray(0, end));
  } catch (cause) {
    const details = {
      layer: 'xl',
      offset: at,
      field: 'configuration',
      specification: 'JSON is UTF-8',
      cause,
    } as const;
    throw new StreamError('bad-value', 'the configuration is not UTF-8', details);
  }
}
