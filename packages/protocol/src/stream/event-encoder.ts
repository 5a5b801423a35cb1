/** Encodes events into the octets that they were decoded from, including odd padding and reserved bits. */
import { encodeImageRecord, encodeLibxlRecord } from './encode-record.js';
import { encodeHello } from '../handshake/hello.js';
import { BANNER, PERMISSION_TO_GO, READY, REPORT } from '../handshake/messages.js';
import type { TargetEvent } from './target-decoder.js';
import { encodeDomainHeader, encodeImageHeader } from '../image/image-header.js';
import { encodeLibvirtHeader } from '../libvirt/libvirt-header.js';
import { encodeLibxlHeader } from '../libxl/libxl-header.js';
import { concatenated, type ByteOrder } from '../octets/octets.js';
import { MAX_PFNS, PageDataEncoder } from '../image/page-data.js';
import type { PagesEvent } from '../image/page-data-reader.js';
import type { PushEvent } from './push-decoder.js';
import { encodeXlHeader } from '../xl/xl-header.js';

/** Octets of a record header that precede its length. */
const LENGTH_OFFSET = 4;
const NO_PAGES = new Uint8Array(0);

/**
 * Encodes the events of a stream, or of what a target sends, in order. Records are in the byte order of the
 * header before them, little-endian without one.
 */
export class EventEncoder {
  readonly #pages = new PageDataEncoder(MAX_PFNS);
  #libxl: ByteOrder = 'little-endian';
  #image: ByteOrder = 'little-endian';

  /**
   * Encodes an event.
   * @returns the octets of the event, for a 'pages' event those that precede the pages; valid until the next
   * call
   * @throws RangeError for values that do not fit their fields
   */
  encode(event: PushEvent | TargetEvent): Uint8Array {
    switch (event.kind) {
      case 'xl-header':
        return encodeXlHeader(event.header);
      case 'libvirt-header':
        return encodeLibvirtHeader(event.header);
      case 'libxl-header':
        this.#libxl = event.header.byteOrder;
        return encodeLibxlHeader(event.header);
      case 'image-header':
        this.#image = event.header.byteOrder;
        return encodeImageHeader(event.header);
      case 'domain-header':
        return encodeDomainHeader(event.header, this.#image);
      case 'record':
        return event.layer === 'libxl'
          ? encodeLibxlRecord(event.record, this.#libxl)
          : encodeImageRecord(event.record, this.#image);
      case 'pages':
        return this.#encodePages(event);
      case 'page-octets':
        return event.octets;
      case 'banner':
        return new Uint8Array(BANNER);
      case 'hello':
        return encodeHello(event.hello);
      case 'ready':
        return new Uint8Array(READY);
      case 'report':
        return encodeReport(event.status);
      case 'permission':
      case 'permission-back':
        return new Uint8Array(PERMISSION_TO_GO);
    }
  }

  #encodePages(event: PagesEvent): Uint8Array {
    const { pfns, types, count, reserved, reservedBits, length } = event;
    const plain = reserved === undefined && reservedBits === undefined && this.#image === 'little-endian';
    if (plain && count <= MAX_PFNS) return this.#pages.encode(pfns, types, count);
    const odd = {
      ...(reserved === undefined ? {} : { reserved }),
      ...(reservedBits === undefined ? {} : { reservedBits }),
    };
    const lists = { pfns: pfns.subarray(0, count), types: types.subarray(0, count) };
    const octets = encodeImageRecord({ type: 'PAGE_DATA', ...lists, pages: NO_PAGES, ...odd }, this.#image);
    // The pages come as events of their own: this one tells only their length.
    new DataView(octets.buffer).setUint32(LENGTH_OFFSET, length, this.#image === 'little-endian');
    return octets;
  }
}

function encodeReport(status: number): Uint8Array {
  if (!Number.isInteger(status) || status < 0 || status > 255) throw new RangeError(`no byte is ${status}`);
  return concatenated(REPORT, Uint8Array.of(status));
}
