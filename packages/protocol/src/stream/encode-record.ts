/**
 * Encoders of records. They write even what stock's sender never writes, so that decoded records survive the
 * round trip.
 */
import { frame, isOptional } from '../layer/framing.js';
import { extensionKinds } from '../image/extension-kinds.js';
import { imageKinds, imageKindOf } from '../image/image-kinds.js';
import { libxlExtensionKinds, libxlKinds } from '../libxl/libxl-kinds.js';
import type { ByteOrder, OctetWriter } from '../octets/octets.js';
import type { ImageRecord, LibxlRecord } from '../layer/records.js';

interface Row {
  readonly number: number;
  readonly codec: { encode(record: ImageRecord | LibxlRecord, body: OctetWriter): void };
}

function encode(record: ImageRecord | LibxlRecord, kinds: Readonly<Record<string, Row>>, order: ByteOrder) {
  if (record.type === 'optional' || record.type === 'malformed') {
    const { typeId, body } = record;
    if (record.type === 'optional' && !isOptional(typeId))
      throw new RangeError(`type ${typeId} is not optional`);
    return frame(typeId, record, (writer) => writer.bytes(body), order);
  }
  const kind = kinds[record.type];
  if (kind === undefined) throw new RangeError(`no record of type ${record.type}`);
  return frame(kind.number, record, (writer) => kind.codec.encode(record, writer), order);
}

const everyImageKind = {
  ...imageKinds,
  ZERO_PAGES: extensionKinds.ZERO_PAGES.kind,
  ZSTD_PAGES: extensionKinds.ZSTD_PAGES.kind,
  DIGEST: extensionKinds.DIGEST.kind,
};
const everyLibxlKind = { ...libxlKinds, DIGEST: libxlExtensionKinds.DIGEST.kind };

/**
 * Encodes a record of the image: header, body, padding; a multiple of 8 octets. The default byte order is
 * little-endian. Throws RangeError for values that do not fit their fields. For streams of pages see
 * PageDataEncoder.
 */
export function encodeImageRecord(record: ImageRecord, byteOrder: ByteOrder = 'little-endian'): Uint8Array {
  return encode(record, everyImageKind, byteOrder);
}

/**
 * Encodes a record of the libxl stream: header, body, padding. Throws RangeError for values that do not fit
 * their fields.
 */
export function encodeLibxlRecord(record: LibxlRecord, byteOrder: ByteOrder = 'little-endian'): Uint8Array {
  return encode(record, everyLibxlKind, byteOrder);
}

/** Returns Xen's name of an image record by its number; undefined for an unknown one. */
export function imageRecordName(typeId: number): string | undefined {
  return imageKindOf(typeId)?.name;
}
