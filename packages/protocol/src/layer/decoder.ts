/** What all decoders here are like: they pull. */
import type { Deviation, Strictness } from './deviations.js';
import { StreamError, type Layer } from '../errors.js';

/**
 * Says how many octets it wants next and takes exactly those. Pure: no buffers of its own beyond a record's header, so
 * that a driver reads from wherever it likes, and grows its own buffer as the octets arrive.
 */
export interface PullDecoder<E> {
  /** Octets to be given next. 0 when pages, or an image, must be consumed first, or when finished. */
  readonly wants: number;
  /**
   * Takes exactly `wants` octets; returns the event that they complete, if any. Blobs in the event are views on
   * `octets`; nothing is kept after the call. Throws StreamError for the stream's faults, after which the decoder is of
   * no more use, and RangeError for another number of octets.
   */
  give(octets: Uint8Array): E | undefined;
  /** Octets consumed, from the start of the whole stream. */
  readonly offset: number;
  readonly finished: boolean;
  /**
   * To be called where the octets end.
   * @param left octets that are left: too few for what is wanted, or after all that was. None unless told otherwise
   * @throws StreamError `truncated` unless finished, `octets-after-end` where octets are left then
   */
  end(left?: number): void;
  /** Of a decoder of images: octets of pages that the driver has still to consume, which are wanted before all else. */
  readonly pageOctets?: number;
  /** The driver has consumed so many octets of pages. Throws RangeError for more than there are. */
  pagesTaken?(octets: number): void;
}

export interface DecoderOptions {
  /** Octets of the stream before what this decoder is given. */
  readonly offset?: number;
  /** `receive` unless told otherwise. */
  readonly strictness?: Strictness;
  /** Gets every departure that is not thrown. Required when verifying. */
  readonly onDeviation?: (deviation: Deviation) => void;
}

export function expectLength(octets: Uint8Array, wants: number): void {
  if (wants === 0) throw new RangeError('nothing is wanted now');
  if (octets.length !== wants)
    throw new RangeError(`${octets.length} octets given where ${wants} are wanted`);
}

/** The end of a decoder that is finished, at this offset. Throws StreamError where octets are left. */
export function expectNoneLeft(left: number, layer: Layer, offset: number): void {
  if (left === 0) return;
  const specification = 'the final record is END';
  throw new StreamError('octets-after-end', 'octets follow the end', { layer, offset, specification });
}
