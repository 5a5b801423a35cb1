/** Drives the decoder over a source of octets: memory use does not depend on the stream's length. */
import { StreamDecoder, type StreamDecoderOptions, StreamError, type StreamEvent } from '@mig/protocol';
import type { OctetSource } from './octet-source.js';

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
export function walk(source: OctetSource, options: StreamDecoderOptions, visitor: Visitor): number {
  const decoder = new StreamDecoder(options);
  for (;;) {
    const pages = decoder.pageOctets;
    if (pages > 0) {
      const taken = passPages(source, pages, visitor);
      if (taken === 0) decoder.end();
      decoder.pagesTaken(taken);
      continue;
    }
    const { wants } = decoder;
    const octets = wants === 0 ? source.some(1) : source.take(wants);
    if (octets === undefined) {
      decoder.end();
      if (source.buffered > 0) throw afterEnd(decoder.offset);
      return decoder.offset;
    }
    if (wants === 0) throw afterEnd(decoder.offset);
    const event = decoder.give(octets);
    if (event !== undefined) visitor.event(event);
  }
}

/**
 * Passes pages to the visitor.
 * @returns number of octets; 0 if the source has ended
 */
function passPages(source: OctetSource, count: number, visitor: Visitor): number {
  if (visitor.pages === undefined) return source.skip(count);
  const octets = source.some(count);
  if (octets === undefined) return 0;
  visitor.pages(octets);
  return octets.length;
}

function afterEnd(offset: number): StreamError {
  return new StreamError('octets-after-end', 'what follows the end is no permission to go', {
    layer: 'handshake',
    offset,
    specification: 'nothing follows END but, in a recorded migration, permission to go',
  });
}
