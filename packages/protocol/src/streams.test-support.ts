/** Helpers for several test files: recorded streams, streams made by hand, and encoding of events. */
import { readFileSync } from 'node:fs';
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  encodeLibxlRecord,
  EventEncoder,
  PushDecoder,
  StreamDecoder,
  type ByteOrder,
  type Deviation,
  type GuestType,
  type ImageEvent,
  type ImageRecord,
  type PushEvent,
  type StreamDecoderOptions,
} from './index.js';
import { frame } from './layer/framing.js';

/** The seed of every random test. */
export const SEED = 20140602;

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/${name}`, import.meta.url)));
}

/** Streams of Xen 4.17, and of 4.20. */
export const thinned = [
  ...(['pvh-save.bin', 'pvh-live.bin', 'pv-save.bin'] as const),
  ...(['xen-4.20/pvh-save.bin', 'xen-4.20/pvh-live.bin'] as const),
];

/** Tells whether a thinned stream is from a migration, with the permission to go at its end. */
export function isMigration(name: (typeof thinned)[number]): boolean {
  return name.endsWith('pvh-live.bin');
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ''), 'hex'));
}

export function toHex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}

/** Encodes events into octets. */
export function reencode(events: Iterable<PushEvent>): Uint8Array {
  const encoder = new EventEncoder();
  return concat(Array.from(events, (event) => encoder.encode(event).slice()));
}

/** Decodes `octets`, given whole; returns all events and reports. */
export function decodeAll(octets: Uint8Array, options: StreamDecoderOptions = {}) {
  const deviations: Deviation[] = [];
  const onDeviation = (deviation: Deviation) => deviations.push(deviation);
  const decoder = new PushDecoder(new StreamDecoder({ onDeviation, ...options }));
  const events = [...decoder.push(octets)];
  decoder.end();
  return { events, deviations };
}

export interface ImageOptions {
  readonly guest?: GuestType;
  readonly version?: 2 | 3;
  readonly byteOrder?: ByteOrder;
}

export function imageHeaders({ guest, version, byteOrder }: ImageOptions = {}): Uint8Array {
  const order = byteOrder ?? 'little-endian';
  const image = encodeImageHeader({ version: version ?? 3, byteOrder: order });
  const domain = encodeDomainHeader(
    { type: guest ?? 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 },
    order,
  );
  return concat([image, domain]);
}

/** Makes a record of its number and body. */
export function raw(typeId: number, body: Uint8Array, order: ByteOrder = 'little-endian'): Uint8Array {
  return frame(typeId, {}, (writer) => writer.bytes(body), order);
}

/** Makes an image with these records; END is not added. */
export function image(
  records: readonly (ImageRecord | Uint8Array)[],
  options: ImageOptions = {},
): Uint8Array {
  const octets = records.map((record) =>
    record instanceof Uint8Array ? record : encodeImageRecord(record, options.byteOrder),
  );
  return concat([imageHeaders(options), ...octets]);
}

/** Decodes a single record, regardless of its place. */
export function decodeRecord(record: Uint8Array, byteOrder: ByteOrder = 'little-endian'): ImageEvent {
  const { events } = decodeUnfinished(concat([imageHeaders({ byteOrder }), record]), {
    strictness: 'verify',
    checkpointed: true,
  });
  const event = events[2];
  if (event === undefined || event.layer !== 'libxc' || event.kind === 'page-octets')
    throw new Error('no record');
  return event;
}

/** Decodes an image like decodeAll, but without requiring END. */
export function decodeUnfinished(octets: Uint8Array, options: StreamDecoderOptions = {}) {
  const deviations: Deviation[] = [];
  const all = {
    start: 'libxc',
    onDeviation: (each: Deviation) => deviations.push(each),
    ...options,
  } as const;
  const decoder = new PushDecoder(new StreamDecoder(all));
  return { events: [...decoder.push(octets)], deviations, decoder };
}

export function pageData(pfns: readonly number[], types: readonly number[]): ImageRecord {
  const present = types.filter((type) => type <= 4 || (type >= 9 && type <= 12)).length;
  return {
    type: 'PAGE_DATA',
    pfns: Float64Array.from(pfns),
    types: Uint8Array.from(types),
    pages: new Uint8Array(present * 4096).fill(0xa5),
  };
}

/** Encodes the record of a 'record' event, little-endian. */
export function encodeEvent(event: PushEvent & { kind: 'record' }): Uint8Array {
  return event.layer === 'libxc' ? encodeImageRecord(event.record) : encodeLibxlRecord(event.record);
}
