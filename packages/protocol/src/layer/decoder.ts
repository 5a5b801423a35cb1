/** The interface that all decoders of this package implement: they pull. */
import type { Deviation, Strictness } from './deviations.js';
import { StreamError, type Layer } from '../errors.js';

/**
 * A decoder that says how many octets it wants next, and takes exactly those. Pure: it buffers no more than a
 * record's header, so that a driver reads from any source, and grows its own buffer as the octets arrive.
 */
export interface PullDecoder<E> {
  /** Octets to give next. 0 while pages, or an image, must be consumed first, and when finished. */
  readonly wants: number;
  /**
   * Takes exactly `wants` octets; returns the event that they complete, if any. Blobs in the event are views
   * on `octets`; the decoder keeps nothing after the call. Throws StreamError for the stream's faults, after
   * which the decoder is unusable, and RangeError for another number of octets.
   */
  give(octets: Uint8Array): E | undefined;
  /** Octets consumed, counted from the start of the whole stream. */
  readonly offset: number;
  readonly finished: boolean;
  /**
   * Checks that the octets may end here; call it where they end.
   * @param left number of octets that are left over: too few for `wants`, or behind the end. Default: 0
   * @throws StreamError `truncated` unless finished, `octets-after-end` if octets are left behind the end
   */
  end(left?: number): void;
  /**
   * Octets of pages that the driver still has to consume before anything else; on decoders of images only.
   */
  readonly pageOctets?: number;
  /**
   * Tells the decoder that the driver has consumed `octets` octets of pages. Throws RangeError if fewer are
   * left.
   */
  pagesTaken?(octets: number): void;
}

export interface DecoderOptions {
  /** Octets of the stream before those that this decoder gets. */
  readonly offset?: number;
  /** Strictness of the decoder; default: `receive`. */
  readonly strictness?: Strictness;
  /** Receives every departure that is not thrown. Required when verifying. */
  readonly onDeviation?: (deviation: Deviation) => void;
}

export function expectLength(octets: Uint8Array, wants: number): void {
  if (wants === 0) throw new RangeError('nothing is wanted now');
  if (octets.length !== wants) throw new RangeError(`${octets.length} bytes given where ${wants} are wanted`);
}

/** Checks the end of a finished decoder at this offset. Throws StreamError if octets are left. */
export function expectNoneLeft(left: number, layer: Layer, offset: number): void {
  if (left === 0) return;
  const specification = 'the final record is END';
  throw new StreamError('octets-after-end', 'bytes follow the end', { layer, offset, specification });
}
