/** Encodes events as octets: the same as were decoded, odd padding and reserved bits included. */
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  encodeLibvirtHeader,
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  PageDataEncoder,
  type PagesEvent,
  type StreamEvent,
} from '@mig/protocol';
import { PERMISSION_TO_GO } from '@mig/protocol/handshake';

/** More than stock writes into a record, and as many as any may hold. */
const MAX_PFNS = 32702;
/** Offset of the length in a record header. */
const LENGTH_OFFSET = 4;
const noPages = new Uint8Array(0);

export class EventEncoder {
  readonly #pages = new PageDataEncoder(MAX_PFNS);

  /** Encodes an event; of pages, only the octets that precede them. Valid until the next call. */
  encode(event: StreamEvent): Uint8Array {
    switch (event.kind) {
      case 'xl-header':
        return encodeXlHeader(event.header);
      case 'libvirt-header':
        return encodeLibvirtHeader(event.header);
      case 'libxl-header':
        return encodeLibxlHeader(event.header);
      case 'image-header':
        return encodeImageHeader(event.header);
      case 'domain-header':
        return encodeDomainHeader(event.header);
      case 'record':
        return event.layer === 'libxl' ? encodeLibxlRecord(event.record) : encodeImageRecord(event.record);
      case 'pages':
        return this.#encodePages(event);
      case 'permission':
        return PERMISSION_TO_GO;
    }
  }

  #encodePages(event: PagesEvent): Uint8Array {
    const { pfns, types, count, reserved, reservedBits, length } = event;
    const plain = reserved === undefined && reservedBits === undefined;
    if (plain && count <= MAX_PFNS) return this.#pages.encode(pfns, types, count);
    const odd = {
      ...(reserved === undefined ? {} : { reserved }),
      ...(reservedBits === undefined ? {} : { reservedBits }),
    };
    const octets = encodeImageRecord({ type: 'PAGE_DATA', pfns, types, pages: noPages, ...odd });
    // The pages themselves are written apart: only their length is set here.
    new DataView(octets.buffer, octets.byteOffset).setUint32(LENGTH_OFFSET, length, true);
    return octets;
  }
}
