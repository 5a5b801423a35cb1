/** A StreamDecoder for a source that pushes chunks of any size. */
import { StreamError } from './errors.js';
import { StreamDecoder, type StreamDecoderOptions, type StreamEvent } from './stream-decoder.js';

/** Octets of pages, a view on the chunk; as many as there were, split anywhere. `index`: of the PAGE_DATA record. */
export interface PageOctetsEvent {
  readonly kind: 'page-octets';
  readonly layer: 'libxc';
  readonly index: number;
  readonly offset: number;
  readonly octets: Uint8Array;
}

export type PushEvent = StreamEvent | PageOctetsEvent;

/** Octets of a buffer at first. It doubles as octets arrive, never by what a length announces. */
const FIRST_BUFFER = 4096;

export class PushDecoder {
  readonly #decoder: StreamDecoder;
  #buffer = new Uint8Array(0);
  #buffered = 0;
  #pagesIndex = 0;

  constructor(options: StreamDecoderOptions = {}) {
    this.#decoder = new StreamDecoder(options);
  }

  get finished(): boolean {
    return this.#decoder.finished;
  }

  /** Octets decoded, from the start of the stream; of an incomplete header or body none. */
  get offset(): number {
    return this.#decoder.offset;
  }

  /**
   * What `chunk`, of any size, completes. Blobs and pages are views on it, so leave it alone while they are in use; the
   * lists of pfns are copies. Throws StreamError for the stream's faults, `octets-after-end` among them. Events before
   * the fault in the same chunk are lost with it: `pull` has them.
   */
  push(chunk: Uint8Array): PushEvent[] {
    return [...this.pull(chunk)];
  }

  /** As `push`, one event at a time. */
  *pull(chunk: Uint8Array): Generator<PushEvent, void, undefined> {
    let rest = chunk;
    while (rest.length > 0) {
      const pages = this.#decoder.pageOctets;
      if (pages > 0) {
        const octets = rest.subarray(0, Math.min(pages, rest.length));
        const offset = this.#decoder.offset;
        this.#decoder.pagesTaken(octets.length);
        rest = rest.subarray(octets.length);
        yield { kind: 'page-octets', layer: 'libxc', index: this.#pagesIndex, offset, octets };
        continue;
      }
      const wants = this.#decoder.wants;
      if (wants === 0) throw this.#afterEnd();
      const whole = this.#gather(rest, wants);
      rest = rest.subarray(whole.taken);
      if (whole.octets === undefined) return;
      const event = this.#decoder.give(whole.octets);
      if (event !== undefined) yield this.#own(event);
    }
  }

  /** To be called where the source ends. Throws StreamError `truncated` or `octets-after-end`. */
  end(): void {
    if (this.#decoder.finished && this.#buffered > 0) throw this.#afterEnd();
    this.#decoder.end();
  }

  /** `wants` octets from what was kept and the front of `chunk`, as a view on it where possible. */
  #gather(chunk: Uint8Array, wants: number): { octets?: Uint8Array; taken: number } {
    if (this.#buffered === 0 && chunk.length >= wants)
      return { octets: chunk.subarray(0, wants), taken: wants };
    const taken = Math.min(wants - this.#buffered, chunk.length);
    const total = this.#buffered + taken;
    if (total > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(wants, Math.max(total, FIRST_BUFFER, this.#buffer.length * 2)));
      larger.set(this.#buffer.subarray(0, this.#buffered));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk.subarray(0, taken), this.#buffered);
    this.#buffered = total;
    if (total < wants) return { taken };
    // The events' blobs are views on it: the next record gets another.
    const octets = this.#buffer.subarray(0, total);
    this.#buffer = new Uint8Array(0);
    this.#buffered = 0;
    return { octets, taken };
  }

  #own(event: StreamEvent): StreamEvent {
    if (event.kind !== 'pages') return event;
    this.#pagesIndex = event.index;
    const bits = event.reservedBits === undefined ? {} : { reservedBits: event.reservedBits.slice() };
    return { ...event, pfns: event.pfns.slice(), types: event.types.slice(), ...bits };
  }

  #afterEnd(): StreamError {
    const specification = 'the final record is END';
    const details = { layer: 'handshake', offset: this.#decoder.offset, specification } as const;
    return new StreamError('octets-after-end', 'octets follow the end', details);
  }
}

/**
 * The events of a stream from any source of octets, to its end.
 *
 *     for await (const event of decodeStream(createReadStream('guest.save'))) {
 *       if (event.kind === 'record') console.log(event.layer, event.record.type, describeRecord(event.record));
 *       if (event.kind === 'pages') console.log(describePages(event));
 *     }
 *
 * Throws StreamError for the stream's faults, an end too early among them.
 */
export async function* decodeStream(
  source: AsyncIterable<Uint8Array>,
  options: StreamDecoderOptions = {},
): AsyncGenerator<PushEvent, void, undefined> {
  const decoder = new PushDecoder(options);
  for await (const chunk of source) yield* decoder.pull(chunk);
  decoder.end();
}
