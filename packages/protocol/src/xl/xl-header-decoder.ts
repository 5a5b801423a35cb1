/** Pulling decoder of the xl header: 48 octets, then the optional data. */
import type { DecoderOptions } from '../layer/decoder.js';
import { StreamError } from '../errors.js';
import { HeaderDecoder } from '../layer/header-decoder.js';
import { bigEndian } from '../layer/judge.js';
import {
  configurationOctets,
  decodeXlFixed,
  announcesDigests,
  offersExtension,
  XL_HEADER_LENGTH,
  type XlHeader,
  XlOptionalFlag,
} from './xl-header.js';

export interface XlHeaderEvent {
  readonly kind: 'xl-header';
  /** The header; `optionalData` is a view on the octets given. */
  readonly header: XlHeader;
  readonly offset: number;
}

const KIND = {
  layer: 'xl',
  size: XL_HEADER_LENGTH,
  name: 'the xl header',
  specification: 'xl.h: struct save_file_header',
} as const;

/** Decodes the header that xl writes before libxl's stream, including the optional data. */
export class XlHeaderDecoder extends HeaderDecoder<XlHeader, XlHeaderEvent> {
  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: DecoderOptions = {}) {
    super(KIND, options);
  }

  protected fixed(octets: Uint8Array) {
    const decoded = decodeXlFixed(octets, this.start);
    const { header } = decoded;
    const place = { offset: this.start };
    if (header.byteOrder === 'big-endian') {
      this.judge.judge(bigEndian('xl.h: SAVEFILE_BYTEORDER_VALUE in the reader’s order'), place);
    }
    if (offersExtension(header)) {
      const message = "the source is mig, and uses mig's extension if the target offers it";
      this.judge.judge({ tolerated: 'mig-extension', field: 'optional_flags', message }, place);
    }
    const known = XlOptionalFlag.EXTENSION | (announcesDigests(header) ? XlOptionalFlag.DIGEST : 0);
    const unknown = (header.optionalFlags & ~known) >>> 0;
    if (unknown !== 0) {
      const message = `optional flags 0x${unknown.toString(16)} are not known`;
      this.judge.judge(
        { code: 'bad-value', refused: false, field: 'optional_flags', message, specification: 'xl.h' },
        place,
      );
    }
    return decoded;
  }

  protected complete(fixed: XlHeader, optionalData: Uint8Array): XlHeaderEvent {
    const header = { ...fixed, optionalData };
    const configuration = this.#configuration(header);
    if (configuration.length > 0 && configuration.indexOf(0) !== configuration.length - 1) {
      const message = 'the configuration does not end with its only NUL';
      const specification = 'xl_saverestore.c, save_domain_core_begin: its length counts a trailing NUL';
      this.judge.judge(
        { code: 'bad-value', refused: false, field: 'configuration', message, specification },
        { offset: this.start },
      );
    }
    return { kind: 'xl-header', header, offset: this.start };
  }

  /**
   * Returns the configuration. When verifying, one that does not fit is reported: the optional data end where
   * they say, and the stream goes on.
   */
  #configuration(header: XlHeader): Uint8Array {
    try {
      return configurationOctets(header, this.start);
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      const { code, rawMessage: message, offset, field, specification } = error;
      const fault = { code, refused: true, message, specification: specification ?? 'xl.h' } as const;
      this.judge.judge(field === undefined ? fault : { ...fault, field }, { offset });
      return new Uint8Array(0);
    }
  }
}
