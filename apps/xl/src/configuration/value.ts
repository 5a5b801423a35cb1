/** What an xl.cfg setting may hold (xl.cfg(5), "SYNTAX"). */
import type { Place } from './errors.js';

export interface StringValue {
  readonly kind: 'string';
  readonly text: string;
  readonly place: Place;
}

export interface NumberValue {
  readonly kind: 'number';
  readonly number: bigint;
  /** As written: where a string is wanted, a bare number serves as one. */
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
  /** Made with `+=`, which is for strings and lists only. */
  readonly added: boolean;
  readonly place: Place;
}

/** The settings by key, in the order in which the keys first appear; of several with one key the last counts. */
export type Configuration = ReadonlyMap<string, Setting>;

/** @returns undefined where the text is no number as strtol() with base 0 has it */
export function numberIn(text: string): bigint | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return BigInt(text);
  if (/^0[0-7]*$/.test(text)) return BigInt(`0o${text}`);
  if (/^[1-9][0-9]*$/.test(text)) return BigInt(text);
  return undefined;
}
