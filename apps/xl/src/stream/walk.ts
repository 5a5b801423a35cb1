/** Drives the decoder over a source of octets: memory use does not depend on the stream's length. */
import { pull, StreamDecoder, type StreamDecoderOptions, type StreamEvent } from '@mig/protocol';
import type { InputFile } from '../io/input-file.js';

export interface Visitor {
  event(event: StreamEvent): void;
  /**
   * Takes octets of pages, split anywhere, valid during the call. Without it they are skipped, unread where
   * possible.
   */
  pages?(octets: Uint8Array): void;
}

/**
 * @returns number of octets of the whole stream
 * @throws StreamError where the stream cannot be decoded further, or is cut short
 */
export function walk(source: InputFile, options: StreamDecoderOptions, visitor: Visitor): number {
  const decoder = new StreamDecoder(options);
  for (const event of pull(decoder, (count) => source.take(count))) {
    visitor.event(event);
    while (decoder.pageOctets > 0) {
      const taken = passPages(source, decoder.pageOctets, visitor);
      if (taken === 0) decoder.end();
      decoder.pagesTaken(taken);
    }
  }
  decoder.end(source.some(1).length);
  return decoder.offset;
}

/**
 * Passes pages to the visitor.
 * @returns number of octets; 0 if the source has ended
 */
function passPages(source: InputFile, count: number, visitor: Visitor): number {
  if (visitor.pages === undefined) return source.skip(count);
  const octets = source.some(count);
  visitor.pages(octets);
  return octets.length;
}
