/** libvirt's header, pulled: 64 octets, then the XML. */
import { expectLength, type DecoderOptions, type PullDecoder } from './decoder.js';
import { StreamError } from './errors.js';
import { Judge } from './judge.js';
import { decodeLibvirtFixed, LIBVIRT_HEADER, LIBVIRT_SOURCE, type LibvirtHeader } from './libvirt-header.js';
import { isZero } from './octets.js';

export interface LibvirtHeaderEvent {
  readonly kind: 'libvirt-header';
  /** Its `xml` is a view on the octets given. */
  readonly header: LibvirtHeader;
  readonly offset: number;
}

/** Decodes the header of a file of `virsh save`, XML included. */
export class LibvirtHeaderDecoder implements PullDecoder<LibvirtHeaderEvent> {
  #wants = LIBVIRT_HEADER;
  #offset: number;
  #finished = false;
  #header: LibvirtHeader | undefined;
  readonly #start: number;
  readonly #judge: Judge;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: DecoderOptions = {}) {
    this.#offset = options.offset ?? 0;
    this.#start = this.#offset;
    this.#judge = new Judge('libvirt', options);
  }

  get wants(): number {
    return this.#wants;
  }

  get offset(): number {
    return this.#offset;
  }

  get finished(): boolean {
    return this.#finished;
  }

  give(octets: Uint8Array): LibvirtHeaderEvent | undefined {
    expectLength(octets, this.#wants);
    this.#wants = 0;
    const event = this.#header === undefined ? this.#fixed(octets) : this.#complete(this.#header, octets);
    this.#offset += octets.length;
    return event;
  }

  end(): void {
    if (this.#finished) return;
    const details = { layer: 'libvirt', offset: this.#offset, specification: LIBVIRT_SOURCE } as const;
    throw new StreamError('truncated', "the octets end within libvirt's header", details);
  }

  #fixed(octets: Uint8Array): undefined {
    const { header, follows } = decodeLibvirtFixed(octets, this.#start);
    if (!isZero(header.unused)) this.#wrong('unused', 'unused octets are not zero');
    this.#header = header;
    this.#wants = follows;
  }

  #complete(fixed: LibvirtHeader, xml: Uint8Array): LibvirtHeaderEvent {
    if (xml.indexOf(0) !== xml.length - 1) this.#wrong('xml', 'the XML does not end with its only NUL');
    this.#finished = true;
    return { kind: 'libvirt-header', header: { ...fixed, xml }, offset: this.#start };
  }

  /** Said when verifying: libvirt itself reads on. */
  #wrong(field: string, message: string): void {
    const fault = {
      code: 'bad-value',
      refused: false,
      field,
      message,
      specification: LIBVIRT_SOURCE,
    } as const;
    this.#judge.judge(fault, { offset: this.#start });
  }
}
