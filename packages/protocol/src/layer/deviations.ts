/** Departures from the specification that can be reported without giving the stream up. */
import type { Layer, RecordPlace, StreamErrorCode } from '../errors.js';

/**
 * Departures that every stream may have, by name: what stock itself writes, what the specification tells
 * every receiver to ignore, and mig's flag. All others count as wrong.
 */
export const tolerated = {
  'hvm-context-before-hvm-params':
    'libxc specification, "x86 HVM Guest", asks for HVM_PARAMS first; every stock sender writes HVM_CONTEXT first',
  'no-content': 'libxc specification, Erratum 1: Xen 4.6 to 4.8 wrote such records; they carry nothing',
  'page-sent-again': 'libxc specification, "Layout", is silent; every live pass sends dirty pages again',
  'reserved-not-zero':
    'libxc specification, "Fields": reserved fields are zero on save and ignored on restore',
  'padding-not-zero':
    'libxc and libxl specifications, "Records": padding is zero on save and ignored on restore',
  'optional-record':
    'libxc and libxl specifications, "Records": an optional record may be ignored (stock libxl refuses every one)',
  'mig-extension':
    'xl.h defines no optional flag, and stock reads on whatever they are (xl_vmcontrol.c); see docs/extension.md',
} as const;

export type ToleratedName = keyof typeof tolerated;

/**
 * A departure from the specification. `offset` is that of the record or header at fault, in octets from the
 * start of the stream.
 */
export interface Deviation {
  readonly severity: 'wrong' | 'tolerated';
  readonly code: StreamErrorCode | ToleratedName;
  readonly layer: Layer;
  readonly record?: RecordPlace;
  readonly field?: string;
  readonly offset: number;
  readonly message: string;
  /** The rule, and where it stands in the specification. */
  readonly specification: string;
}

/**
 * Strictness of a decoder.
 * - `receive` enforces what stock's receiver enforces, and throws for it.
 * - `verify` reports every departure through `onDeviation` and throws only where decoding cannot go on.
 */
export type Strictness = 'receive' | 'verify';

/** The finding of a check. `refused`: stock's receiver gives the stream up for it. */
export type Fault =
  | {
      readonly code: StreamErrorCode;
      readonly refused: boolean;
      /** Set if the octets that follow cannot be told apart any more: thrown when verifying, too. */
      readonly fatal?: true;
      readonly message: string;
      readonly field?: string;
      readonly specification: string;
    }
  | { readonly tolerated: ToleratedName; readonly message: string; readonly field?: string };
