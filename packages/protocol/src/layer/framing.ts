/**
 * The frame of a record, common to both layers. Source: libxc specification, "Records"; libxl's, "Record
 * Overview".
 *
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | type, bit 31 optional | body length           |
 *     +-----------------------+-----------------------+
 *     | body                                          |
 *     |                 | padding, 0 to 7 octets      |
 *     +-----------------+-----------------------------+
 */
import { MAX_RECORD_BODY, paddingOf } from '../limits.js';
import { isZero, OctetReader, OctetWriter, type ByteOrder } from '../octets/octets.js';
import type { Codec } from './record-kind.js';
import type { Odd } from './records.js';

export const RECORD_HEADER_LENGTH = 8;
export const OPTIONAL_BIT = 0x80000000;

export function isOptional(typeId: number): boolean {
  return typeId >= OPTIONAL_BIT;
}

/** Returns the octets of a body together with its padding. */
export function paddedLength(length: number): number {
  return length + paddingOf(length);
}

function paddingIn(octets: Uint8Array, length: number): { padding?: Uint8Array } {
  const padding = octets.subarray(length);
  return isZero(padding) ? {} : { padding };
}

/**
 * Decodes the body of a record. Throws BodyError if it does not decode.
 * @param octets body and padding
 */
export function readBody<R extends object>(
  codec: Codec<R>,
  octets: Uint8Array,
  length: number,
  byteOrder: ByteOrder,
): R & Odd {
  const body = new OctetReader(octets.subarray(0, length), byteOrder);
  const record = codec.decode(body);
  const tail = body.remaining > 0 ? { tail: body.rest() } : {};
  return { ...record, ...tail, ...paddingIn(octets, length) };
}

type Opaque<T> = Odd & { readonly type: T; readonly typeId: number; readonly body: Uint8Array };

/** Keeps a record as octets: an unknown one, or one whose body does not decode. */
export function readOpaque<T extends 'optional' | 'malformed'>(
  type: T,
  typeId: number,
  octets: Uint8Array,
  length: number,
): Opaque<T> {
  return { type, typeId, body: octets.subarray(0, length), ...paddingIn(octets, length) };
}

/**
 * Frames a body with header and padding. Throws RangeError for a body of more than 128 MiB or padding of
 * another length.
 */
export function frame(
  typeId: number,
  record: Odd,
  writeBody: (body: OctetWriter) => void,
  order: ByteOrder,
): Uint8Array {
  const body = new OctetWriter(order);
  writeBody(body);
  if (record.tail !== undefined) body.bytes(record.tail);
  if (body.length > MAX_RECORD_BODY) throw new RangeError(`a body of ${body.length} bytes`);
  const whole = new Uint8Array(RECORD_HEADER_LENGTH + paddedLength(body.length));
  const view = new DataView(whole.buffer);
  view.setUint32(0, typeId, body.little);
  view.setUint32(4, body.length, body.little);
  whole.set(body.written(), RECORD_HEADER_LENGTH);
  if (record.padding !== undefined) {
    const due = paddingOf(body.length);
    if (record.padding.length !== due)
      throw new RangeError(`padding has ${due} bytes, not ${record.padding.length}`);
    whole.set(record.padding, RECORD_HEADER_LENGTH + body.length);
  }
  return whole;
}
