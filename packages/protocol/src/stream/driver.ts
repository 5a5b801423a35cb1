/** Drivers of a pulling decoder, for a source that is read from and for one that pushes chunks. */
import type { PullDecoder } from '../layer/decoder.js';
import { PushDecoder, type Pushed } from './push-decoder.js';
import { StreamDecoder, type StreamDecoderOptions } from './stream-decoder.js';

/**
 * Yields the events of a decoder, and gives it what it wants. Ends when it wants nothing more, without
 * reading one octet more. After a 'pages' event the caller reads the pages itself and calls `pagesTaken`
 * before it asks for the next event. In the same way, after LIBXC_CONTEXT of a LibxlDecoder, it reads the
 * image and calls `imageTaken`.
 *
 *     for (const event of pull(decoder, read)) {
 *       if (event.kind !== 'pages') continue;
 *       readPagesIntoPlace(event.pfns, event.types, event.count);
 *       decoder.pagesTaken(event.present * PAGE_SIZE);
 *     }
 *
 * @param read returns exactly as many octets, or as many as are left at the end of the source; they are in
 * use until the next call
 * @throws StreamError for the stream's faults, including a premature end; RangeError if pages were not taken
 */
export function* pull<E>(
  decoder: PullDecoder<E>,
  read: (count: number) => Uint8Array,
): Generator<E, void, undefined> {
  for (;;) {
    const { wants } = decoder;
    if (wants === 0 && decoder.finished) return;
    const octets = read(wants);
    if (octets.length < wants) return decoder.end(octets.length);
    const event = decoder.give(octets);
    if (event !== undefined) yield event;
  }
}

/**
 * Yields the events of a decoder whose octets come in chunks of any size, to the end of the source. Blobs and
 * pages are views on the chunks.
 * @throws StreamError for the stream's faults, including a premature end
 */
export async function* decode<E extends { readonly kind: string }>(
  decoder: PullDecoder<E>,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Pushed<E>, void, undefined> {
  const pushing = new PushDecoder(decoder);
  for await (const chunk of source) yield* pushing.push(chunk);
  pushing.end();
}

/**
 * Yields the events of a whole stream from any source of octets, to its end.
 *
 *     for await (const event of decodeStream(createReadStream('guest.save'))) {
 *       if (event.kind === 'record') console.log(event.layer, event.record.type, describeRecord(event.record));
 *       if (event.kind === 'pages') console.log(describePages(event));
 *     }
 *
 * @throws StreamError for the stream's faults, including a premature end
 */
export function decodeStream(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: StreamDecoderOptions = {},
) {
  return decode(new StreamDecoder(options), source);
}
