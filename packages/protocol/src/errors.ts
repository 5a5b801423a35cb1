/** The error class of the streams, with a closed set of codes. */

import { MigError } from '@mig/errors';
/**
 * The part of the conversation: the messages around the stream, the header of xl or of libvirt, libxl's
 * records, the image.
 */
export type Layer = 'handshake' | 'xl' | 'libvirt' | 'libxl' | 'libxc';

export type StreamErrorCode =
  /** The first octets are not those of the header. */
  | 'bad-magic'
  /** An unknown version, a legacy stream, or unknown mandatory flags. */
  | 'unsupported-version'
  /** Big-endian, which no x86 host writes and no x86 receiver accepts; or neither byte order. */
  | 'unsupported-byte-order'
  /** The octets ended before the stream did. */
  | 'truncated'
  /** A mandatory record of an unknown type, or one that stock's receiver does not accept from this guest. */
  | 'unknown-mandatory-record'
  /** A body that is longer than its limit. */
  | 'record-too-long'
  /** A body that is shorter or longer than its content needs. */
  | 'bad-length'
  /** A count that is 0 where it must not be, or that does not fit the body. */
  | 'bad-count'
  /** A field with an illegal value. */
  | 'bad-value'
  /** A record in the wrong place, or without a record that it depends on. */
  | 'out-of-order'
  /** A page type that Xen does not define. */
  | 'bad-page-type'
  /** A DIGEST that is not that of the octets before it: they are not what was sent. */
  | 'bad-digest'
  /** Octets that follow the end. */
  | 'octets-after-end';

/**
 * The record at fault: its index within its layer from 0, its number on the stream, its name in Xen's terms.
 */
export interface RecordPlace {
  readonly index: number;
  readonly type: number;
  readonly name: string;
}

export interface StreamErrorDetails {
  readonly layer: Layer;
  /** Octets from the start of the stream to the field, record or header at fault. */
  readonly offset: number;
  readonly record?: RecordPlace | undefined;
  readonly field?: string | undefined;
  /** The rule, and where it stands in the specification. */
  readonly specification?: string | undefined;
  readonly cause?: unknown;
}

/** A stream that cannot, or must not, be read further. `rawMessage` is the message without the place. */
export class StreamError extends MigError {
  override readonly name = 'StreamError';
  readonly rawMessage: string;
  readonly layer: Layer;
  readonly offset: number;
  readonly record?: RecordPlace;
  readonly field?: string;
  readonly specification?: string;

  constructor(
    readonly code: StreamErrorCode,
    message: string,
    details: StreamErrorDetails,
  ) {
    const { layer, offset, record, field, specification, cause } = details;
    const where = record === undefined ? layer : `${layer} record ${record.index} (${record.name})`;
    super(`${where} at byte ${offset}: ${message}`, cause === undefined ? undefined : { cause });
    this.rawMessage = message;
    this.layer = layer;
    this.offset = offset;
    if (record !== undefined) this.record = record;
    if (field !== undefined) this.field = field;
    if (specification !== undefined) this.specification = specification;
  }
}
