/** The one error of this package, with a closed set of codes. */

/** Which part of the conversation: the messages around the stream, xl's header or libvirt's, libxl's records, the image. */
export type Layer = 'handshake' | 'xl' | 'libvirt' | 'libxl' | 'libxc';

export type StreamErrorCode =
  /** The first octets are not those of such a stream. */
  | 'bad-magic'
  /** A version that nobody here reads, a legacy stream, or mandatory flags that are not known. */
  | 'unsupported-version'
  /** Big-endian, which no x86 host writes and no x86 receiver takes; or neither order. */
  | 'unsupported-byte-order'
  /** The octets ended before the stream did. */
  | 'truncated'
  /** A mandatory record of a type that is not known, or that stock's receiver does not take from this guest. */
  | 'unknown-mandatory-record'
  /** A body longer than its limit. */
  | 'record-too-long'
  /** A body that is shorter or longer than its content. */
  | 'bad-length'
  /** A count that is 0 where it must not be, or that its body cannot hold. */
  | 'bad-count'
  /** A field with a value that it must not have. */
  | 'bad-value'
  /** A record where it must not be, or without one that it depends on. */
  | 'out-of-order'
  /** A page type that Xen does not define. */
  | 'bad-page-type'
  /** Octets after the end. */
  | 'octets-after-end';

/** Which record: its index within its layer from 0, its number on the stream, its name in Xen's words. */
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
  /** What is asked, and where. */
  readonly specification?: string | undefined;
  readonly cause?: unknown;
}

/** A stream that cannot, or must not, be read further. `rawMessage` is the message without place. */
export class StreamError extends Error {
  readonly code: StreamErrorCode;
  readonly rawMessage: string;
  readonly layer: Layer;
  readonly offset: number;
  readonly record?: RecordPlace;
  readonly field?: string;
  readonly specification?: string;

  constructor(code: StreamErrorCode, message: string, details: StreamErrorDetails) {
    const { layer, offset, record, field, specification, cause } = details;
    const where = record === undefined ? layer : `${layer} record ${record.index} (${record.name})`;
    super(`${where} at octet ${offset}: ${message}`, cause === undefined ? undefined : { cause });
    this.name = 'StreamError';
    this.code = code;
    this.rawMessage = message;
    this.layer = layer;
    this.offset = offset;
    if (record !== undefined) this.record = record;
    if (field !== undefined) this.field = field;
    if (specification !== undefined) this.specification = specification;
  }
}
