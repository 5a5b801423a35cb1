/** Pulling decoder of libvirt's header: 64 octets, then the XML. */
import type { DecoderOptions } from '../layer/decoder.js';
import { HeaderDecoder } from '../layer/header-decoder.js';
import {
  decodeLibvirtFixed,
  LIBVIRT_HEADER_LENGTH,
  LIBVIRT_SOURCE,
  type LibvirtHeader,
} from './libvirt-header.js';
import { isZero } from '../octets/octets.js';

export interface LibvirtHeaderEvent {
  readonly kind: 'libvirt-header';
  /** The header; `xml` is a view on the octets given. */
  readonly header: LibvirtHeader;
  readonly offset: number;
}

const KIND = {
  layer: 'libvirt',
  size: LIBVIRT_HEADER_LENGTH,
  name: "libvirt's header",
  specification: LIBVIRT_SOURCE,
} as const;

/** Decodes the header of a file that `virsh save` wrote, including the XML. */
export class LibvirtHeaderDecoder extends HeaderDecoder<LibvirtHeader, LibvirtHeaderEvent> {
  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: DecoderOptions = {}) {
    super(KIND, options);
  }

  protected fixed(octets: Uint8Array) {
    const decoded = decodeLibvirtFixed(octets, this.start);
    if (!isZero(decoded.header.unused)) this.#wrong('unused', 'unused bytes are not zero');
    return decoded;
  }

  protected complete(fixed: LibvirtHeader, xml: Uint8Array): LibvirtHeaderEvent {
    if (xml.indexOf(0) !== xml.length - 1) this.#wrong('xml', 'the XML does not end with its only NUL');
    return { kind: 'libvirt-header', header: { ...fixed, xml }, offset: this.start };
  }

  /** Reports a fault when verifying: libvirt itself reads on. */
  #wrong(field: string, message: string): void {
    const fault = {
      code: 'bad-value',
      refused: false,
      field,
      message,
      specification: LIBVIRT_SOURCE,
    } as const;
    this.judge.judge(fault, { offset: this.start });
  }
}
