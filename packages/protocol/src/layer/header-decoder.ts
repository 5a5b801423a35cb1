/**
 * Pulling decoder of a header of fixed octets, which tell the length of the body that follows: the base for
 * xl's and libvirt's header.
 */
import { expectLength, expectNoneLeft, type DecoderOptions, type PullDecoder } from './decoder.js';
import { StreamError, type Layer } from '../errors.js';
import { Judge } from './judge.js';

/** The parameters of such a header, and the words for a missing end. */
export interface HeaderKind {
  readonly layer: Layer;
  /** Octets that precede the body. */
  readonly size: number;
  /** The header's name, to follow "the octets end within". */
  readonly name: string;
  readonly specification: string;
}

export abstract class HeaderDecoder<Header, Event> implements PullDecoder<Event> {
  protected readonly start: number;
  protected readonly judge: Judge;
  #wants: number;
  #offset: number;
  #finished = false;
  #header: Header | undefined;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(
    private readonly kind: HeaderKind,
    options: DecoderOptions,
  ) {
    this.#wants = kind.size;
    this.start = this.#offset = options.offset ?? 0;
    this.judge = new Judge(kind.layer, options);
  }

  /** Decodes the fixed octets, and returns how many follow. */
  protected abstract fixed(octets: Uint8Array): { readonly header: Header; readonly follows: number };

  /** Makes the event of the header and its body, which is a view on the octets given. */
  protected abstract complete(header: Header, body: Uint8Array): Event;

  get wants(): number {
    return this.#wants;
  }

  get offset(): number {
    return this.#offset;
  }

  get finished(): boolean {
    return this.#finished;
  }

  give(octets: Uint8Array): Event | undefined {
    expectLength(octets, this.#wants);
    this.#wants = 0;
    const event = this.#header === undefined ? this.#begun(octets) : this.#ended(this.#header, octets);
    this.#offset += octets.length;
    return event;
  }

  end(left = 0): void {
    if (this.#finished) return expectNoneLeft(left, this.kind.layer, this.#offset);
    const { layer, name, specification } = this.kind;
    const details = { layer, offset: this.#offset, specification };
    throw new StreamError('truncated', `the bytes end within ${name}`, details);
  }

  #begun(octets: Uint8Array): Event | undefined {
    const { header, follows } = this.fixed(octets);
    if (follows === 0) return this.#ended(header, new Uint8Array(0));
    this.#header = header;
    this.#wants = follows;
    return undefined;
  }

  #ended(header: Header, body: Uint8Array): Event {
    const event = this.complete(header, body);
    this.#finished = true;
    return event;
  }
}
