/** Turns a pulling decoder into one that takes chunks of any size. */
import type { PullDecoder } from '../layer/decoder.js';
import { OctetBuffer } from '../octets/octet-buffer.js';
import { copyPages, type PagesEvent } from '../image/page-data-reader.js';
import type { StreamEvent } from './stream-decoder.js';

/** Octets of pages, a view on the chunk, split anywhere. `index` is that of the PAGE_DATA record. */
export interface PageOctetsEvent {
  readonly kind: 'page-octets';
  readonly layer: 'libxc';
  readonly index: number;
  readonly offset: number;
  readonly octets: Uint8Array;
}

/** The events of a decoder, and the octets of pages if it has pages. */
export type Pushed<E> = E | (Extract<E, { kind: 'pages' }> extends never ? never : PageOctetsEvent);

/** The events of a whole stream. */
export type PushEvent = Pushed<StreamEvent>;

const NONE = new Uint8Array(0);

export class PushDecoder<E extends { readonly kind: string }> {
  readonly #decoder: PullDecoder<E>;
  readonly #buffer = new OctetBuffer();
  /** The part of the last chunk that is not decoded yet. */
  #rest: Uint8Array = NONE;
  #pagesIndex = 0;

  /** @param decoder with its start, strictness and other options set */
  constructor(decoder: PullDecoder<E>) {
    this.#decoder = decoder;
  }

  get finished(): boolean {
    return this.#decoder.finished;
  }

  /** Octets decoded, from the start of the stream; an incomplete header or body does not count. */
  get offset(): number {
    return this.#decoder.offset;
  }

  /**
   * Decodes `chunk`, of any size, as the caller iterates over the events, which it must do to the end before
   * the next chunk. So all events that precede a fault come before it is thrown. Blobs and pages are views on
   * the chunk, so leave it alone while they are in use; the lists of pfns are copies.
   * @throws StreamError for the stream's faults, including `octets-after-end`; RangeError if the events of
   * the previous chunk were not all consumed
   */
  push(chunk: Uint8Array): Generator<Pushed<E>, void, undefined> {
    this.#expectAllTaken();
    this.#rest = chunk;
    return this.#events();
  }

  /**
   * Checks the end; call it where the source ends.
   * @throws StreamError `truncated` or `octets-after-end`; RangeError as `push` does
   */
  end(): void {
    this.#expectAllTaken();
    this.#decoder.end(this.#buffer.length);
  }

  *#events(): Generator<Pushed<E>, void, undefined> {
    while (this.#rest.length > 0) {
      const pages = this.#decoder.pageOctets ?? 0;
      if (pages > 0) {
        yield this.#pages(pages) as Pushed<E>;
        continue;
      }
      const { wants } = this.#decoder;
      if (wants === 0 && this.#decoder.finished) this.#decoder.end(this.#rest.length);
      const octets = this.#gather(wants);
      if (octets === undefined) return;
      const event = this.#decoder.give(octets);
      if (event !== undefined) yield this.#kept(event);
    }
  }

  #pages(most: number): PageOctetsEvent {
    const { offset } = this.#decoder;
    const octets = this.#next(most);
    this.#decoder.pagesTaken?.(octets.length);
    return { kind: 'page-octets', layer: 'libxc', index: this.#pagesIndex, offset, octets };
  }

  /** Takes at most `most` octets of the chunk. */
  #next(most: number): Uint8Array {
    const octets = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(octets.length);
    return octets;
  }

  /**
   * Collects `wants` octets from the buffer and the front of the chunk, as a view on the chunk if possible.
   */
  #gather(wants: number): Uint8Array | undefined {
    if (this.#buffer.length === 0 && this.#rest.length >= wants) return this.#next(wants);
    this.#buffer.append(this.#next(wants - this.#buffer.length), wants);
    if (this.#buffer.length < wants) return undefined;
    const octets = this.#buffer.take(wants);
    // The events' blobs are views on the buffer.
    this.#buffer.release();
    return octets;
  }

  #kept(event: E): E {
    if (!isPages(event)) return event;
    this.#pagesIndex = event.index;
    return copyPages(event);
  }

  #expectAllTaken(): void {
    if (this.#rest.length > 0) throw new RangeError('the chunk before was not iterated over to its end');
  }
}

function isPages<E extends { readonly kind: string }>(event: E): event is E & PagesEvent {
  return event.kind === 'pages';
}
