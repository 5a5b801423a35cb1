/**
 * Pulling decoder of the image: headers, then records. Of a PAGE_DATA record it yields the pfns; the driver
 * then consumes the pages itself, straight into place or as views.
 *
 *     wants 24 -> image-header, wants 16 -> domain-header, then again and again
 *     wants 8 (record header), wants body and padding -> record
 *     wants 8 (record header), wants 8 (count), wants 8 x count -> pages, pageOctets until pagesTaken
 *     until END: finished
 */
import { expectLength, expectNoneLeft, type DecoderOptions, type PullDecoder } from '../layer/decoder.js';
import { StreamError } from '../errors.js';
import { paddedLength, RECORD_HEADER_LENGTH } from '../layer/framing.js';
import {
  decodeDomainHeader,
  decodeImageHeader,
  DOMAIN_HEADER_LENGTH,
  IMAGE_HEADER_LENGTH,
  type DomainHeader,
  type ImageHeader,
} from './image-header.js';
import type { ExtensionFeatures } from '../layer/extension.js';
import { extensionKindOf } from './extension-kinds.js';
import type { AnyRecordName, ImageKind } from './image-kind.js';
import { imageKindOf, imageKindWithBodyOf, type WithBody } from './image-kinds.js';
import { ImageOrder } from './image-order.js';
import { bigEndian, Judge, reservedFault } from '../layer/judge.js';
import type { ByteOrder } from '../octets/octets.js';
import { PageDataReader, type PagesEvent } from './page-data-reader.js';
import { PAGE_DATA_NUMBER } from './page-data.js';
import { readRecord, readRecordHeader, type CurrentRecord } from '../layer/record-reader.js';
import type { ExtensionRecordName, ImageRecord, PageDataRecord } from '../layer/records.js';

/**
 * An event of the image. `offset` is that of the header or record in the whole stream, `length` that of the
 * body without padding, both in octets.
 */
export type ImageEvent =
  | { readonly kind: 'image-header'; readonly header: ImageHeader; readonly offset: number }
  | { readonly kind: 'domain-header'; readonly header: DomainHeader; readonly offset: number }
  | {
      readonly kind: 'record';
      readonly record: Exclude<ImageRecord, PageDataRecord>;
      readonly index: number;
      readonly offset: number;
      readonly length: number;
    }
  | PagesEvent;

export interface ImageDecoderOptions extends DecoderOptions {
  /**
   * Set for a stream of checkpoints (Remus, COLO): the decoder accepts CHECKPOINT, and the driver reads the
   * libxl records that follow before it continues here. Otherwise CHECKPOINT is refused, as by stock.
   */
  readonly checkpointed?: boolean;
  /** The features of mig's extension whose records may come: those that were offered. Default: none. */
  readonly features?: ExtensionFeatures | undefined;
}

type Current = CurrentRecord<ImageKind<AnyRecordName>>;

type Step = 'image-header' | 'domain-header' | 'record-header' | 'body' | 'page-data' | 'finished' | 'failed';

export class ImageDecoder implements PullDecoder<ImageEvent> {
  #step: Step = 'image-header';
  #wants = IMAGE_HEADER_LENGTH;
  #offset: number;
  #index = 0;
  #header: ImageHeader | undefined;
  #order: ImageOrder | undefined;
  #current: Current | undefined;
  readonly #pages: PageDataReader;
  readonly #judge: Judge;
  readonly #checkpointed: boolean;
  readonly #features: ExtensionFeatures | undefined;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: ImageDecoderOptions = {}) {
    this.#offset = options.offset ?? 0;
    this.#judge = new Judge('libxc', options);
    this.#pages = new PageDataReader(this.#judge);
    this.#checkpointed = options.checkpointed ?? false;
    this.#features = options.features;
  }

  get wants(): number {
    return this.#step === 'page-data' ? this.#pages.wants : this.#wants;
  }

  get offset(): number {
    return this.#offset;
  }

  get finished(): boolean {
    return this.#step === 'finished';
  }

  /** Octets of pages that the driver still has to consume; the decoder wants nothing else until it is 0. */
  get pageOctets(): number {
    return this.#pages.pageOctets;
  }

  /**
   * Tells the decoder that the driver has consumed `octets` octets of pages. Throws RangeError if fewer are
   * left.
   */
  pagesTaken(octets: number): void {
    this.#pages.taken(octets);
    this.#offset += octets;
    if (octets > 0 && this.#pages.pageOctets === 0) this.#expectRecord();
  }

  give(octets: Uint8Array): ImageEvent | undefined {
    expectLength(octets, this.wants);
    const offset = this.#offset;
    try {
      const event = this.#take(octets, offset);
      this.#offset = offset + octets.length;
      return event;
    } catch (error) {
      this.#step = 'failed';
      this.#wants = 0;
      throw error;
    }
  }

  end(left = 0): void {
    if (this.finished) return expectNoneLeft(left, 'libxc', this.#offset);
    const details = {
      layer: 'libxc',
      offset: this.#offset,
      record: this.#current?.record,
      specification: 'libxc specification, "END": the final record',
    } as const;
    throw new StreamError('truncated', 'the image ends before its END', details);
  }

  #take(octets: Uint8Array, offset: number): ImageEvent | undefined {
    switch (this.#step) {
      case 'image-header':
        return this.#imageHeader(octets, offset);
      case 'domain-header':
        return this.#domainHeader(octets, offset);
      case 'record-header':
        return this.#recordHeader(octets, offset);
      case 'body':
        return this.#body(octets);
      case 'page-data':
        return this.#pageData(octets);
      case 'finished':
      case 'failed':
        throw new RangeError('nothing is wanted now');
    }
  }

  #imageHeader(octets: Uint8Array, offset: number): ImageEvent {
    const header = decodeImageHeader(octets, offset);
    const section = 'libxc specification, "Image Header": little-endian for x86';
    if (header.byteOrder === 'big-endian') this.#judge.judge(bigEndian(section), { offset });
    if (header.options !== undefined) this.#judge.judge(reservedFault('options'), { offset });
    if (header.reserved !== undefined) this.#judge.judge(reservedFault('reserved'), { offset });
    this.#header = header;
    this.#step = 'domain-header';
    this.#wants = DOMAIN_HEADER_LENGTH;
    return { kind: 'image-header', header, offset };
  }

  #domainHeader(octets: Uint8Array, offset: number): ImageEvent {
    const image = this.#header as ImageHeader;
    const header = decodeDomainHeader(octets, image.byteOrder, offset);
    if (header.reserved !== undefined) this.#judge.judge(reservedFault('reserved'), { offset });
    this.#order = new ImageOrder(image, header, this.#checkpointed);
    this.#expectRecord();
    return { kind: 'domain-header', header, offset };
  }

  #recordHeader(octets: Uint8Array, offset: number): ImageEvent | undefined {
    const current = readRecordHeader(octets, offset, this.#index++, {
      judge: this.#judge,
      byteOrder: this.#byteOrder,
      kindOf: (number): ImageKind<AnyRecordName> | undefined =>
        imageKindOf(number) ?? extensionKindOf(number, this.#features),
      misplaced: (kind) => this.#ordered.next(kind),
      unknown: 'libxc specification, "Records": restoring must fail',
    });
    this.#current = current;
    const { record, length } = current;
    if (record.type === PAGE_DATA_NUMBER) {
      if (this.#pages.start({ offset, record }, length, this.#byteOrder, this.#ordered.state)) {
        this.#step = 'page-data';
        return undefined;
      }
      this.#current = { ...current, opaque: 'malformed' };
    }
    this.#step = 'body';
    this.#wants = paddedLength(length);
    return this.#wants === 0 ? this.#body(octets.subarray(0, 0)) : undefined;
  }

  #body(octets: Uint8Array): ImageEvent {
    const current = this.#current as Current;
    const { state } = this.#ordered;
    const { type } = current.record;
    const kind: ImageKind<WithBody | ExtensionRecordName> | undefined =
      imageKindWithBodyOf(type) ?? extensionKindOf(type, this.#features);
    const record = readRecord({ ...current, kind }, octets, this.#judge, this.#byteOrder, state);
    this.#ordered.learn(record);
    this.#expectRecord();
    if (record.type === 'END') {
      this.#step = 'finished';
      this.#wants = 0;
    }
    const { offset, length } = current;
    return { kind: 'record', record, index: current.record.index, offset, length };
  }

  #pageData(octets: Uint8Array): ImageEvent | undefined {
    const event = this.#pages.give(octets);
    if (event !== undefined && this.#pages.wants === 0 && this.#pages.pageOctets === 0) this.#expectRecord();
    return event;
  }

  #expectRecord(): void {
    this.#step = 'record-header';
    this.#wants = RECORD_HEADER_LENGTH;
    this.#current = undefined;
  }

  get #byteOrder(): ByteOrder {
    return this.#header?.byteOrder ?? 'little-endian';
  }

  get #ordered(): ImageOrder {
    return this.#order as ImageOrder;
  }
}
