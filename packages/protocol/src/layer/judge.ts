/**
 * Decides what becomes of a fault: thrown, reported, or accepted. Only this file depends on the strictness.
 */
import type { DecoderOptions } from './decoder.js';
import { tolerated, type Fault } from './deviations.js';
import { StreamError, type Layer, type RecordPlace } from '../errors.js';
import { BodyError, isZero } from '../octets/octets.js';
import type { Odd } from './records.js';

export interface Place {
  readonly offset: number;
  readonly record?: RecordPlace;
}

/** Throws TypeError for options that ask to verify without a listener for the reports. */
export function expectListener({ strictness, onDeviation }: DecoderOptions): void {
  if (strictness === 'verify' && onDeviation === undefined)
    throw new TypeError('verifying needs onDeviation');
}

export class Judge {
  readonly verifying: boolean;
  readonly layer: Layer;
  readonly #report: DecoderOptions['onDeviation'];

  constructor(layer: Layer, options: DecoderOptions) {
    this.layer = layer;
    this.verifying = options.strictness === 'verify';
    this.#report = options.onDeviation;
    expectListener(options);
  }

  /** Judges a fault. Throws StreamError if it is refused when receiving, or fatal; reports the rest. */
  judge(fault: Fault, { offset, record }: Place): void {
    const { message, field } = fault;
    const at = {
      layer: this.layer,
      offset,
      ...(record === undefined ? {} : { record }),
      ...(field === undefined ? {} : { field }),
    };
    if ('tolerated' in fault) {
      const specification = tolerated[fault.tolerated];
      this.#report?.({ severity: 'tolerated', code: fault.tolerated, ...at, message, specification });
      return;
    }
    const { code, specification } = fault;
    if (fault.fatal === true || (fault.refused && !this.verifying)) {
      throw new StreamError(code, message, { ...at, specification });
    }
    this.#report?.({ severity: 'wrong', code, ...at, message, specification });
  }

  all(faults: readonly Fault[], place: Place): void {
    for (const fault of faults) this.judge(fault, place);
  }

  /** Judges a body that does not decode; throws any other error again. */
  body(error: unknown, specification: string, place: Place): void {
    if (!(error instanceof BodyError)) throw error;
    const { code, message, field } = error;
    this.judge(
      { code, refused: true, message, specification, ...(field === undefined ? {} : { field }) },
      place,
    );
  }
}

/**
 * Makes the fault for big-endian octets: no x86 host writes them, and stock's receiver gives up. The verifier
 * reads on only to show them.
 */
export function bigEndian(specification: string): Fault {
  const message = 'the stream is big-endian';
  return { code: 'unsupported-byte-order', refused: true, field: 'options', message, specification };
}

export function reservedFault(field: string): Fault {
  return { tolerated: 'reserved-not-zero', field, message: `${field} is not zero` };
}

/** Finds the oddities that a record of any kind may have. */
export function oddities(
  record: Odd & { readonly reserved?: Uint8Array; readonly reservedBits?: Uint8Array },
  tail: 'refused' | 'ignored',
  section: string,
): Fault[] {
  const faults: Fault[] = [];
  // CHECKPOINT_STATE has `reserved` whenever the field exists, zero or not.
  if (record.reserved !== undefined && !isZero(record.reserved)) faults.push(reservedFault('reserved'));
  if (record.reservedBits !== undefined) faults.push(reservedFault('bits 59 to 52 of a pfn'));
  if (record.padding !== undefined)
    faults.push({ tolerated: 'padding-not-zero', message: 'padding is not zero' });
  if (record.tail !== undefined) {
    faults.push({
      code: 'bad-length',
      refused: tail === 'refused',
      message: `${record.tail.length} bytes more than the record's content`,
      specification: `"${section}"`,
    });
  }
  return faults;
}
