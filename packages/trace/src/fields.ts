/**
 * Codecs of the fields of a trace's records. A codec refuses by throwing FieldError; it throws nothing else.
 */
import { MigError } from '@mig/errors';
import { isPackedBitmap, type PackedBitmap } from './bitmap.js';

export class FieldError extends MigError {
  override readonly name = 'FieldError';
  readonly code = 'bad-field';
}

export interface FieldCodec<T> {
  /** The word for this kind in docs/formats.md. */
  readonly kind: string;
  /** Turns a value into its MessagePack form. */
  readonly pack: (value: T) => unknown;
  /** Turns the MessagePack form into a value. @throws FieldError */
  readonly unpack: (value: unknown) => T;
}

function refuse(expected: string): never {
  throw new FieldError(expected);
}

function checked<T>(kind: string, expected: string, holds: (value: unknown) => boolean): FieldCodec<T> {
  const check = (value: unknown) => (holds(value) ? (value as T) : refuse(expected));
  return { kind, pack: check, unpack: check };
}

/** Codec of an integer from 0 to 2^53 - 1. */
export const count = checked<number>(
  'count',
  'a whole number',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
/** Codec of a finite number: milliseconds and rates. */
export const real = checked<number>('number', 'a number', Number.isFinite);

/** Milliseconds from 1970 to either end of Date's calendar. */
const CALENDAR = 8.64e15;
export const date = checked<number>(
  'date',
  'a date',
  (value) => Number.isFinite(value) && Math.abs(value as number) <= CALENDAR,
);
export const text = checked<string>('text', 'a text', (value) => typeof value === 'string');
export const texts = checked<readonly string[]>(
  'texts',
  'a list of texts',
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
);

/** Options by their names; a later version of mig may have more. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);

export const settings: FieldCodec<Settings> = {
  kind: 'pairs',
  pack: (value) => Object.entries(value).flat(),
  unpack(value) {
    if (!Array.isArray(value) || value.length % 2 !== 0) return refuse('pairs of names and values');
    const pairs: [string, string | number | boolean][] = [];
    for (let i = 0; i < value.length; i += 2) {
      const [name, setting] = [value[i] as unknown, value[i + 1] as unknown];
      if (typeof name !== 'string' || !isScalar(setting)) return refuse('pairs of names and values');
      pairs.push([name, setting as string | number | boolean]);
    }
    // Not by assignment: `__proto__` is a name like any other.
    return Object.fromEntries(pairs);
  },
};

/** Makes a codec that writes undefined as nil. */
export function optional<T>({ kind, pack, unpack }: FieldCodec<T>): FieldCodec<T | undefined> {
  return {
    kind: `${kind} or nil`,
    pack: (value) => (value === undefined ? null : pack(value)),
    unpack: (value) => (value === null || value === undefined ? undefined : unpack(value)),
  };
}

/**
 * Makes a codec that writes a word as its number. Words may only be appended, never moved, and only with
 * another format version.
 */
export function word<const T extends readonly string[]>(words: T): FieldCodec<T[number]> {
  const expected = `one of ${words.join(', ')}`;
  return {
    kind: words.map((each, i) => `${i} ${each}`).join(', '),
    pack(value) {
      const index = words.indexOf(value);
      return index < 0 ? refuse(expected) : index;
    },
    unpack: (value) => (Number.isInteger(value) ? words[value as number] : undefined) ?? refuse(expected),
  };
}

export const bitmap: FieldCodec<PackedBitmap> = {
  kind: 'bitmap',
  pack: ({ coding, words, octets }) => [coding === 'runs' ? 1 : 0, words, octets],
  unpack(value) {
    if (!Array.isArray(value)) return refuse('a bitmap');
    const [coding, words, octets] = value as unknown[];
    if (coding !== 0 && coding !== 1) return refuse('a bitmap, raw or as runs');
    if (!(octets instanceof Uint8Array)) return refuse('a bitmap with its bytes');
    // Copies the octets, since the next ones reuse the buffer.
    const packed = {
      coding: coding === 1 ? 'runs' : 'raw',
      words,
      octets: Uint8Array.from(octets),
    } as const;
    return isPackedBitmap(packed) ? packed : refuse('a bitmap with as many pages as it says');
  },
};
