/**
 * The type of a record kind, which is one row: number, name, octets, limits, legal places. The two tables
 * consist of such rows.
 */
import type { Fault, ToleratedName } from './deviations.js';
import type { Layer } from '../errors.js';
import { isZero, type OctetReader, type OctetWriter } from '../octets/octets.js';

/** Translates between body octets and value. What `decode` leaves unread becomes the record's `tail`. */
export interface Codec<R> {
  decode(body: OctetReader): R;
  encode(record: R, body: OctetWriter): void;
}

/**
 * Verdict on a record in a place.
 * - `right`: the specification allows it there.
 * - `wrong`: it does not, yet stock's receiver accepts it.
 * - `refused`: stock's receiver gives up.
 */
export type Verdict = 'right' | 'wrong' | 'refused';

/**
 * The row of a record kind. Its functions are methods, so that a row of one kind can stand for any kind: code
 * that found a row by its number gives it only what the row itself has decoded.
 */
export interface RecordKind<N extends string, R, Phase extends string, Check> {
  readonly number: number;
  readonly name: N;
  /** Purpose of the record, in one line. */
  readonly about: string;
  /** Section in the specification of its layer. */
  readonly section: string;
  /** The document that specifies it, with the section, if that is not the specification of its layer. */
  readonly document?: string;
  /** Direction of travel: with the stream, or back from the target (COLO only). */
  readonly channel: 'forward' | 'back';
  readonly body: {
    /**
     * Most octets of the body. A limit below 128 MiB keeps a hostile count from becoming that many objects.
     */
    readonly maximum: number;
    /** Whether stock refuses or ignores octets after the content. */
    readonly tail: 'refused' | 'ignored';
  };
  /** Verdict on the record in each phase of its layer. */
  readonly phases: Readonly<Record<Phase, Verdict>>;
  /** Records that must precede it. */
  readonly after?: readonly {
    readonly record: string;
    readonly verdict: 'wrong' | 'refused' | ToleratedName;
    readonly guest?: 'x86-pv' | 'x86-hvm';
  }[];
  /** Records that must not precede it. */
  readonly notAfter?: { readonly records: readonly string[]; readonly verdict: 'wrong' | 'refused' };
  /** Set if a second record of this kind is refused. */
  readonly once?: true;
  readonly codec: Codec<R>;
  /** Checks the values for what stock's receiver or the specification demands. */
  check?(record: R, check: Check): readonly Fault[];
  /** Returns the fields for a reader, safe for JSON. */
  describe(record: R): Record<string, unknown>;
}

/** Returns the place that specifies a record. */
export function specificationOf(
  layer: Layer,
  { section, document }: { readonly section: string; readonly document?: string },
): string {
  return document ?? `${layer} specification, "${section}"`;
}

/** Codec of a record without content: its length is 0, and stock reads no more than its type. */
export function marker<T extends string>(type: T): Codec<{ readonly type: T }> {
  return { decode: () => ({ type }), encode: () => undefined };
}

/** Reads reserved octets; returns the property `reserved` only if one is not zero. */
export function readReserved(body: OctetReader, count: number): { reserved?: Uint8Array } {
  const reserved = body.bytes(count, 'reserved');
  return isZero(reserved) ? {} : { reserved };
}

export function writeReserved(body: OctetWriter, reserved: Uint8Array | undefined, count: number): void {
  if (reserved === undefined) body.zeros(count);
  else if (reserved.length === count) body.bytes(reserved);
  else throw new RangeError(`reserved has ${count} bytes, not ${reserved.length}`);
}

/** Makes a 64-bit number safe for JSON: a number while that is exact, else a decimal string. */
export function plain(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

export function blob(octets: Uint8Array): { octets: number } {
  return { octets: octets.length };
}
