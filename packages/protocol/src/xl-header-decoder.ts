/** The xl header, pulled: 48 octets, then the optional data. */
import { expectLength, type DecoderOptions, type PullDecoder } from './decoder.js';
import { StreamError } from './errors.js';
import { bigEndian, Judge } from './judge.js';
import { configurationOctets, decodeXlFixed, XL_HEADER, type XlHeader } from './xl-header.js';

export interface XlHeaderEvent {
  readonly kind: 'xl-header';
  /** Its `optionalData` are a view on the octets given. */
  readonly header: XlHeader;
  readonly offset: number;
}

export class XlHeaderDecoder implements PullDecoder<XlHeaderEvent> {
  #wants = XL_HEADER;
  #offset: number;
  #finished = false;
  #start = 0;
  #header: XlHeader | undefined;
  readonly #judge: Judge;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: DecoderOptions = {}) {
    this.#offset = options.offset ?? 0;
    this.#start = this.#offset;
    this.#judge = new Judge('xl', options);
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

  give(octets: Uint8Array): XlHeaderEvent | undefined {
    expectLength(octets, this.#wants);
    this.#wants = 0;
    const event = this.#header === undefined ? this.#fixed(octets) : this.#complete(this.#header, octets);
    this.#offset += octets.length;
    return event;
  }

  end(): void {
    if (this.#finished) return;
    const details = {
      layer: 'xl',
      offset: this.#offset,
      specification: 'xl.h: struct save_file_header',
    } as const;
    throw new StreamError('truncated', 'the octets end within the xl header', details);
  }

  #fixed(octets: Uint8Array): XlHeaderEvent | undefined {
    const { header, follows } = decodeXlFixed(octets, this.#start);
    const place = { offset: this.#start };
    if (header.byteOrder === 'big-endian') {
      this.#judge.judge(bigEndian('xl.h: SAVEFILE_BYTEORDER_VALUE in the reader’s order'), place);
    }
    if (header.optionalFlags !== 0) {
      const message = `optional flags 0x${header.optionalFlags.toString(16)} are not known`;
      this.#judge.judge(
        { code: 'bad-value', refused: false, field: 'optional_flags', message, specification: 'xl.h' },
        place,
      );
    }
    if (follows === 0) return this.#complete(header, new Uint8Array(0));
    this.#header = header;
    this.#wants = follows;
    return undefined;
  }

  #complete(fixed: XlHeader, optionalData: Uint8Array): XlHeaderEvent {
    const header = { ...fixed, optionalData };
    const configuration = this.#configuration(header);
    if (configuration.length > 0 && configuration.indexOf(0) !== configuration.length - 1) {
      const message = 'the configuration does not end with its only NUL';
      const specification = 'xl_saverestore.c, save_domain_core_begin: its length counts a trailing NUL';
      this.#judge.judge(
        { code: 'bad-value', refused: false, field: 'configuration', message, specification },
        { offset: this.#start },
      );
    }
    this.#finished = true;
    return { kind: 'xl-header', header, offset: this.#start };
  }

  /** One that does not fit is reported when verifying: the optional data end where they say, and the stream goes on. */
  #configuration(header: XlHeader): Uint8Array {
    try {
      return configurationOctets(header, this.#start);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const { code, rawMessage: message, offset, field, specification } = error;
      const fault = { code, refused: true, message, specification: specification ?? 'xl.h' } as const;
      this.#judge.judge(field === undefined ? fault : { ...fault, field }, { offset });
      return new Uint8Array(0);
    }
  }
}
