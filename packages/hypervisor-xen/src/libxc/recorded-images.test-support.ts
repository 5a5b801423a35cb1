/** Parses images of stock Xen by hand: expected values must not come from the code under test. */
import { readFileSync } from 'node:fs';
import { encodeImageHeader, ImageDecoder, type ImageRecord, PushDecoder } from '@mig/protocol';

const IMAGE_HEADER = 24;
const HEADERS = IMAGE_HEADER + 16;
const PAGE = 4096;

/** Type numbers of docs/specs/libxc-migration-stream.pandoc. */
const PAGE_DATA = 1;
const STATIC_DATA_END = 0x10;
const CPUID_POLICY = 0x11;
const MSR_POLICY = 0x12;

export const recordedImages = [
  ...(['pvh-save.bin', 'pvh-live.bin'] as const),
  ...(['xen-4.20/pvh-save.bin', 'xen-4.20/pvh-live.bin'] as const),
];
type RecordedImage = (typeof recordedImages)[number];

/** The image inside a shortened stream, from its header to its END. */
export function recordedImage(name: RecordedImage): Uint8Array {
  const stream = readFileSync(new URL(`../../../protocol/fixtures/${name}`, import.meta.url));
  // Skipped: the xl header with the configuration, the header of libxl's stream, and its LIBXC_CONTEXT.
  const image = stream.subarray(48 + stream.readUInt32LE(44) + 16 + 8);
  return image.subarray(
    0,
    HEADERS + rawRecords(image).reduce((length, { whole }) => length + whole.length, 0),
  );
}

interface RawRecord {
  readonly type: number;
  readonly body: Buffer;
  readonly whole: Buffer;
}

function rawRecords(octets: Uint8Array): RawRecord[] {
  const image = Buffer.from(octets.buffer, octets.byteOffset, octets.length);
  const records: RawRecord[] = [];
  for (let at = HEADERS, type = -1; type !== 0;) {
    type = image.readUInt32LE(at);
    const length = image.readUInt32LE(at + 4);
    const end = at + 8 + Math.ceil(length / 8) * 8;
    records.push({ type, body: image.subarray(at + 8, at + 8 + length), whole: image.subarray(at, end) });
    at = end;
  }
  return records;
}

/** The pages as last sent. */
export function pagesIn(image: Uint8Array): Map<number, Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const { type, body } of rawRecords(image)) {
    if (type !== PAGE_DATA) continue;
    const count = body.readUInt32LE(0);
    let at = 8 + count * 8;
    for (let i = 0; i < count; i++) {
      const word = body.readBigUInt64LE(8 + i * 8);
      // XTAB: for an HVM or PVH domain all other types have octets.
      if (word >> 60n === 0xfn) continue;
      pages.set(Number(word & 0xfffffffffffffn), body.subarray(at, at + PAGE));
      at += PAGE;
    }
  }
  return pages;
}

/** The same image in the format before Xen 4.14: without static data. */
export function version2Of(image: Uint8Array): Uint8Array {
  const newer = [STATIC_DATA_END, CPUID_POLICY, MSR_POLICY];
  return Buffer.concat([
    encodeImageHeader({ version: 2, byteOrder: 'little-endian' }),
    image.subarray(IMAGE_HEADER, HEADERS),
    ...rawRecords(image).flatMap(({ type, whole }) => (newer.includes(type) ? [] : [whole])),
  ]);
}

export function recordsIn<T extends ImageRecord['type']>(
  image: Uint8Array,
  type: T,
): Extract<ImageRecord, { type: T }>[] {
  const events = [...new PushDecoder(new ImageDecoder()).push(image)];
  return events.flatMap((event) =>
    event.kind === 'record' && event.record.type === type
      ? [event.record as Extract<ImageRecord, { type: T }>]
      : [],
  );
}
