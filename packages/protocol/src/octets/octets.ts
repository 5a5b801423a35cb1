/**
 * Reader and writer of fixed-width fields in either byte order. They are the only place where lengths are
 * checked.
 */
import { MigError } from '@mig/errors';
import type { StreamErrorCode } from '../errors.js';

export type ByteOrder = 'little-endian' | 'big-endian';

/** A body that does not decode. The decoder, which knows the place, turns it into a StreamError. */
export class BodyError extends MigError {
  override readonly name = 'BodyError';

  constructor(
    readonly code: StreamErrorCode,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

export class OctetReader {
  readonly octets: Uint8Array;
  position = 0;
  readonly #view: DataView;
  readonly little: boolean;

  constructor(octets: Uint8Array, byteOrder: ByteOrder) {
    this.octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    this.little = byteOrder === 'little-endian';
  }

  get remaining(): number {
    return this.octets.length - this.position;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#take(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#take(2, field), this.little);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#take(4, field), this.little);
  }

  u64(field: string): bigint {
    return this.#view.getBigUint64(this.#take(8, field), this.little);
  }

  /** Reads `length` octets as a view, not a copy. */
  bytes(length: number, field: string): Uint8Array {
    const start = this.#take(length, field);
    return this.octets.subarray(start, start + length);
  }

  /** Reads all that is left, as a view. */
  rest(): Uint8Array {
    return this.bytes(this.remaining, 'rest');
  }

  #take(length: number, field: string): number {
    if (length > this.remaining) {
      const has = this.octets.length;
      throw new BodyError(
        'bad-length',
        `${field} needs ${this.position + length} bytes, there are ${has}`,
        field,
      );
    }
    const start = this.position;
    this.position += length;
    return start;
  }
}

/**
 * Writer whose memory grows as needed. Throws RangeError for numbers that do not fit their field: the
 * caller's mistake, not the stream's.
 */
export class OctetWriter {
  #octets = new Uint8Array(64);
  #view = new DataView(this.#octets.buffer);
  #length = 0;
  readonly little: boolean;

  constructor(byteOrder: ByteOrder) {
    this.little = byteOrder === 'little-endian';
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, fitting(value, 0xff));
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, fitting(value, 0xffff), this.little);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, fitting(value, 0xffffffff), this.little);
  }

  u64(value: bigint): void {
    if (value < 0n || value > 0xffffffffffffffffn) throw new RangeError(`${value} does not fit 64 bits`);
    const at = this.#room(8);
    this.#view.setBigUint64(at, value, this.little);
  }

  bytes(octets: Uint8Array): void {
    const start = this.#room(octets.length);
    this.#octets.set(octets, start);
  }

  zeros(count: number): void {
    this.#room(count);
  }

  /** Returns the octets written so far as a view; call it after the last write. */
  written(): Uint8Array {
    return this.#octets.subarray(0, this.#length);
  }

  /**
   * Makes room for the next `count` octets and returns where they go. It may replace the view, so call it
   * before using the view.
   */
  #room(count: number): number {
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.#octets.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#octets.length * 2));
      larger.set(this.#octets.subarray(0, start));
      this.#octets = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }
}

function fitting(value: number, most: number): number {
  if (!Number.isInteger(value) || value < 0 || value > most) {
    throw new RangeError(`${value} is not an integer from 0 to ${most}`);
  }
  return value;
}

export function isZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0);
}

export function concatenated(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
