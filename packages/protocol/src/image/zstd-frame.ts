/**
 * The head of a zstd frame, which tells how long its content is. Source: RFC 8878, "Frame Header".
 *
 *      0                       4     5
 *     +-----------------------+-----+---------------------------------------------+
 *     | magic, 0xfd2fb528     | des | window (0 or 1), dictionary (0 to 4), size  |
 *     +-----------------------+-----+---------------------------------------------+
 *
 * des: bits 7-6 length of the size, 5 single segment (no window), 4 unused, 3 reserved, 2 checksum, 1-0 length of the
 * dictionary's number. All little-endian.
 */

const MAGIC = 0xfd2fb528;
const DESCRIPTOR_AT = 4;
const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const DICTIONARY = 0x03;

/**
 * Returns the octets of a frame's content, as its head tells.
 * @returns undefined if this is no frame, if its head does not tell, or if it needs a dictionary
 */
export function contentOfFrame(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length <= DESCRIPTOR_AT || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = frame[DESCRIPTOR_AT]!;
  if ((descriptor & (RESERVED | DICTIONARY)) !== 0) return undefined;
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const at = DESCRIPTOR_AT + (isSingle ? 1 : 2);
  const kind = descriptor >> 6;
  const length = kind === 0 ? Number(isSingle) : 1 << kind;
  if (length === 0 || at + length > frame.length) return undefined;
  if (length === 1) return view.getUint8(at);
  if (length === 2) return view.getUint16(at, true) + 256;
  const low = view.getUint32(at, true);
  return length === 4 ? low : view.getUint32(at + 4, true) * 2 ** 32 + low;
}
