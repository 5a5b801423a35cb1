/** Codec of a single record, without its length. */
import { Packr, Unpackr } from 'msgpackr';
import { FieldError, real } from './fields.js';
import { type KnownTraceRecord, rows, type TraceRecord } from './kinds.js';
import { isPlainMessage, type MessageLimits } from '@mig/protocol';

/** Most octets of a record: a bitmap is the longest. */
export const MAX_TRACE_RECORD = 65 * 2 ** 20;
export const LENGTH_OCTETS = 4;
/**
 * Limits of a record's values, not counting a bitmap's octets: some texts, and as many settings as a command
 * has options.
 */
export const TRACE_LIMITS: MessageLimits = { depth: 8, values: 4096, text: 2 ** 20 };

const packr = new Packr({ useRecords: false, int64AsType: 'number' });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });

const byNumber = new Map(rows.map(([type, { number, fields }]) => [number, { type, fields }]));
const byType = new Map(
  rows.map(([type, { number, fields }]) => [type, { number, fields: Object.entries(fields) }]),
);

/**
 * Encodes a record behind its length, as it stands in a trace.
 * @throws RangeError for a record that no reader would accept: a field of another kind, too long, or too many
 * values
 */
export function encodeTraceRecord(record: KnownTraceRecord): Uint8Array {
  const { number, fields } = byType.get(record.type)!;
  const values = record as unknown as Record<string, never>;
  let body: Uint8Array;
  try {
    const packed = fields.map(([name, codec]) => inField(name, () => codec.pack(values[name]!)));
    body = packr.pack([number, inField('at', () => real.pack(record.at)), ...packed]);
  } catch (error) {
    if (error instanceof FieldError)
      throw new RangeError(`${record.type}: ${error.message}`, { cause: error });
    throw error;
  }
  if (body.length > MAX_TRACE_RECORD || !isPlainMessage(body, TRACE_LIMITS)) {
    throw new RangeError(`a ${record.type} of ${body.length} bytes is more than a record may hold`);
  }
  const whole = new Uint8Array(LENGTH_OCTETS + body.length);
  new DataView(whole.buffer).setUint32(0, body.length);
  whole.set(body, LENGTH_OCTETS);
  return whole;
}

/**
 * Decodes a record.
 * @param body without the length
 * @throws FieldError with the fault
 */
export function decodeTraceBody(body: Uint8Array): TraceRecord {
  const [number, at, ...values] = unpacked(body);
  if (!Number.isSafeInteger(number) || (number as number) < 0) throw new FieldError('it has no number');
  const time = inField('at', () => real.unpack(at));
  const row = byNumber.get(number as number);
  if (row === undefined) return { type: 'unknown', at: time, number: number as number };
  const record: Record<string, unknown> = { type: row.type, at: time };
  Object.entries(row.fields).forEach(([name, codec], i) => {
    record[name] = inField(`${row.type}, ${name}`, () => codec.unpack(values[i]));
  });
  return record as unknown as TraceRecord;
}

function unpacked(body: Uint8Array): unknown[] {
  if (!isPlainMessage(body, TRACE_LIMITS)) {
    throw new FieldError('it is not MessagePack, or more of it than a record may hold');
  }
  let value: unknown;
  try {
    value = unpackr.unpack(body);
  } catch (error) {
    throw new FieldError('it is not MessagePack', { cause: error });
  }
  return Array.isArray(value) ? value : refuse('it is not an array');
}

function refuse(why: string): never {
  throw new FieldError(why);
}

function inField<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FieldError) error.message = `${name} is not ${error.message}`;
    throw error;
  }
}
