/** A record kind is one row: number, name, octets, limits, where it may stand. The two tables are made of these. */
import type { Fault, ToleratedName } from './deviations.js';
import { isZero, type OctetReader, type OctetWriter } from '../octets/octets.js';

/** Body octets to value and back. What `decode` leaves unread becomes the record's `tail`. */
export interface Codec<R> {
  decode(body: OctetReader): R;
  encode(record: R, body: OctetWriter): void;
}

/**
 * - `right`: where the specification has it
 * - `wrong`: not there, yet stock's receiver takes it
 * - `refused`: stock's receiver gives up
 */
export type Verdict = 'right' | 'wrong' | 'refused';

/** Its functions are methods, so that a row of one kind is also one of any: whoever has it by number gives it what it decoded. */
export interface RecordKind<N extends string, R, Phase extends string, Check> {
  readonly number: number;
  readonly name: N;
  /** What it is for, in one line. */
  readonly about: string;
  /** Section of the specification of its layer. */
  readonly section: string;
  /** The direction in which it travels: with the stream, or back from the target (COLO only). */
  readonly channel: 'forward' | 'back';
  readonly body: {
    /** Octets at most. Where below 128 MiB it keeps a hostile count from becoming that many objects. */
    readonly maximum: number;
    /** A longer body than the content: refused by stock, or ignored? */
    readonly tail: 'refused' | 'ignored';
  };
  /** In which phase of its layer it may stand. */
  readonly phases: Readonly<Record<Phase, Verdict>>;
  /** Records that must have come before it. */
  readonly after?: readonly {
    readonly record: string;
    readonly verdict: 'wrong' | 'refused' | ToleratedName;
    readonly guest?: 'x86-pv' | 'x86-hvm';
  }[];
  /** Records that must not have come before it. */
  readonly notAfter?: { readonly records: readonly string[]; readonly verdict: 'wrong' | 'refused' };
  /** A second one is refused. */
  readonly once?: true;
  readonly codec: Codec<R>;
  /** What stock's receiver or the specification asks of its values. */
  check?(record: R, check: Check): readonly Fault[];
  /** Its fields for a reader: safe for JSON. */
  describe(record: R): Record<string, unknown>;
}

/** A record without content: its length is 0, and stock looks at no more than its type. */
export function marker<T extends string>(type: T): Codec<{ readonly type: T }> {
  return { decode: () => ({ type }), encode: () => undefined };
}

/** `reserved` as a property that is there only when odd. */
export function readReserved(body: OctetReader, count: number): { reserved?: Uint8Array } {
  const reserved = body.bytes(count, 'reserved');
  return isZero(reserved) ? {} : { reserved };
}

export function writeReserved(body: OctetWriter, reserved: Uint8Array | undefined, count: number): void {
  if (reserved === undefined) body.zeros(count);
  else if (reserved.length === count) body.bytes(reserved);
  else throw new RangeError(`reserved has ${count} octets, not ${reserved.length}`);
}

/** A 64-bit number for JSON: a number while that is exact, else a decimal string. */
export function plain(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}

export function blob(octets: Uint8Array): { octets: number } {
  return { octets: octets.length };
}
