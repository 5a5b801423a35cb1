/** Values of an xl.cfg setting (xl.cfg(5), "SYNTAX"). */
import type { Place } from './errors.js';

export interface StringValue {
  readonly kind: 'string';
  readonly text: string;
  readonly place: Place;
}

export interface NumberValue {
  readonly kind: 'number';
  readonly number: bigint;
  /** The value as written: a bare number serves where a string is wanted. */
  readonly text: string;
  readonly place: Place;
}

export interface ListValue {
  readonly kind: 'list';
  readonly values: readonly Value[];
  readonly place: Place;
}

export type Value = StringValue | NumberValue | ListValue;

export interface Setting {
  readonly key: string;
  readonly value: Value;
  /** Whether it was made with `+=`, which is for strings and lists only. */
  readonly added: boolean;
  readonly place: Place;
}

/** Settings by key, in the order in which the keys first appear; a repeated key keeps its last value. */
export type Configuration = ReadonlyMap<string, Setting>;

/** @returns undefined if the text is not a number for strtol() with base 0 */
export function numberIn(text: string): bigint | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  if (/^0[0-7]*$/.test(text)) return BigInt(`0o${text}`);
  if (/^[1-9][0-9]*$/.test(text)) return BigInt(text);
  return undefined;
}
