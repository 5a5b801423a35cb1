/**
 * Reads one record, in the same way in both layers: judges its header before the body is wanted, then decodes
 * the body.
 */
import type { Fault } from './deviations.js';
import type { RecordPlace } from '../errors.js';
import { isOptional, readBody, readOpaque } from './framing.js';
import { oddities, type Judge } from './judge.js';
import { MAX_RECORD_BODY } from '../limits.js';
import { OctetReader, type ByteOrder } from '../octets/octets.js';
import { type RecordKind, specificationOf } from './record-kind.js';
import type { MalformedRecord, OptionalRecord } from './records.js';

type AnyKind = Pick<RecordKind<string, unknown, never, never>, 'name' | 'section' | 'document' | 'body'>;
type ReadableKind<R, State> = AnyKind & Pick<RecordKind<string, R, never, State>, 'codec' | 'check'>;

/** A record whose header has been read. */
export interface CurrentRecord<K> {
  readonly offset: number;
  readonly record: RecordPlace;
  readonly length: number;
  readonly kind: K | undefined;
  /** Set if the body must not be decoded. */
  readonly opaque: 'optional' | 'malformed' | undefined;
}

interface Layer<K> {
  readonly judge: Judge;
  readonly byteOrder: ByteOrder;
  readonly kindOf: (type: number) => K | undefined;
  /** Returns what is wrong with a record of this kind at this place. */
  readonly misplaced: (kind: K) => readonly Fault[];
  /** The place where the layer's specification demands that unknown mandatory records are refused. */
  readonly unknown: string;
}

/**
 * Reads a record header. Throws StreamError for faults that the header alone reveals.
 * @param octets the 8 of the header
 * @param offset of the header in the stream, in octets
 */
export function readRecordHeader<K extends AnyKind>(
  octets: Uint8Array,
  offset: number,
  index: number,
  layer: Layer<K>,
): CurrentRecord<K> {
  const reader = new OctetReader(octets, layer.byteOrder);
  const type = reader.u32('type');
  const length = reader.u32('body_length');
  const kind = layer.kindOf(type);
  const record = { index, type, name: kind?.name ?? `0x${type.toString(16)}` };
  const opaque = classify(type, length, kind, { offset, record }, layer);
  return { offset, record, length, kind, opaque };
}

function classify<K extends AnyKind>(
  type: number,
  length: number,
  kind: K | undefined,
  place: { readonly offset: number; readonly record: RecordPlace },
  { judge, misplaced, unknown }: Layer<K>,
): 'optional' | 'malformed' | undefined {
  const most = kind?.body.maximum ?? MAX_RECORD_BODY;
  if (length > most) {
    const specification =
      most === MAX_RECORD_BODY ? 'xg_sr_stream_format.h: REC_LENGTH_MAX' : 'a limit of ours';
    const message = `a body of ${length} bytes, at most ${most} are allowed`;
    const fault = { code: 'record-too-long', refused: true, message, specification } as const;
    judge.judge(length > MAX_RECORD_BODY ? { ...fault, fatal: true } : fault, place);
    return 'malformed';
  }
  if (kind !== undefined) {
    judge.all(misplaced(kind), place);
    return undefined;
  }
  if (isOptional(type)) {
    judge.judge({ tolerated: 'optional-record', message: 'an optional record' }, place);
    return 'optional';
  }
  const message = 'a mandatory record of unknown type';
  judge.judge({ code: 'unknown-mandatory-record', refused: true, message, specification: unknown }, place);
  return 'malformed';
}

/**
 * Reads the body of a record. When verifying, a body that does not decode becomes a malformed record.
 * @param octets body and padding
 * @param state what the checks of the values depend on
 */
export function readRecord<R extends { readonly type: string }, State>(
  current: CurrentRecord<ReadableKind<R, State>>,
  octets: Uint8Array,
  judge: Judge,
  byteOrder: ByteOrder,
  state: State,
): R | OptionalRecord | MalformedRecord {
  const { kind, opaque, record, length } = current;
  if (kind === undefined || opaque !== undefined) {
    return readOpaque(opaque ?? 'malformed', record.type, octets, length);
  }
  try {
    const decoded = readBody(kind.codec, octets, length, byteOrder);
    judge.all(oddities(decoded, kind.body.tail, kind.section), current);
    judge.all(kind.check?.(decoded, state) ?? [], current);
    return decoded;
  } catch (error) {
    judge.body(error, specificationOf(judge.layer, kind), current);
    return readOpaque('malformed', record.type, octets, length);
  }
}
