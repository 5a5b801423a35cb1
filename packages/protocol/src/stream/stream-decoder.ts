/**
 * Pulling decoder of a whole stream: xl's or libvirt's header, libxl stream, image within it, and, in a
 * recorded migration, the permission to go behind it. It composes the decoders of the layers.
 */
import { expectLength, expectNoneLeft, type PullDecoder } from '../layer/decoder.js';
import { detectStart, START_LENGTH, type StreamStart } from './detect-start.js';
import { StreamError } from '../errors.js';
import { PERMISSION_TO_GO } from '../handshake/messages.js';
import { ImageDecoder, type ImageDecoderOptions, type ImageEvent } from '../image/image-decoder.js';
import { allExtensionFeatures, type ExtensionFeatures } from '../layer/extension.js';
import { expectListener } from '../layer/judge.js';
import { LibvirtHeaderDecoder, type LibvirtHeaderEvent } from '../libvirt/libvirt-header-decoder.js';
import { LibxlDecoder, type LibxlEvent } from '../libxl/libxl-decoder.js';
import { concatenated, equal } from '../octets/octets.js';
import { usableFeatures } from '../xl/xl-header.js';
import { XlHeaderDecoder, type XlHeaderEvent } from '../xl/xl-header-decoder.js';

export interface PermissionEvent {
  readonly kind: 'permission';
  readonly offset: number;
}

/** An event with the layer that it belongs to. */
export type StreamEvent =
  | (XlHeaderEvent & { readonly layer: 'xl' })
  | (LibvirtHeaderEvent & { readonly layer: 'libvirt' })
  | (LibxlEvent & { readonly layer: 'libxl' })
  | (ImageEvent & { readonly layer: 'libxc' })
  | (PermissionEvent & { readonly layer: 'handshake' });

export interface StreamDecoderOptions extends ImageDecoderOptions {
  /**
   * The header with which the octets begin: xl's (`xl save`, `xl migrate`), libvirt's (`virsh save`), libxl's
   * (`virsh migrate`) or the image's (written by libxl-save-helper). Default: detected by its magic.
   */
  readonly start?: StreamStart | undefined;
  /**
   * False: the decoder refuses the permission to go, which may follow the end in the recording of a
   * migration.
   */
  readonly permission?: boolean;
}

const NONE = new Uint8Array(0);
const NO_START = 'this is not a domain saved by xl or libvirt, nor a libxl stream, nor an image';

export class StreamDecoder implements PullDecoder<StreamEvent> {
  readonly #options: StreamDecoderOptions;
  #xl: XlHeaderDecoder | undefined;
  #libvirt: LibvirtHeaderDecoder | undefined;
  #libxl: LibxlDecoder | undefined;
  #image: ImageDecoder | undefined;
  /** The octets by which the start was detected, until the header's decoder gets them. */
  #magic = NONE;
  #permission = false;
  /** Set once the header has said that the source is mig: its records may come. */
  #features: ExtensionFeatures | undefined;
  #finished = false;
  #offset: number;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: StreamDecoderOptions = {}) {
    this.#options = options;
    this.#offset = options.offset ?? 0;
    expectListener(options);
    if (options.start !== undefined) this.#begin(options.start);
  }

  #begin(start: StreamStart): void {
    const options = this.#options;
    if (start === 'xl') this.#xl = new XlHeaderDecoder(options);
    if (start === 'libvirt') this.#libvirt = new LibvirtHeaderDecoder(options);
    if (start === 'libxl') this.#libxl = new LibxlDecoder(options);
    if (start === 'libxc') this.#image = new ImageDecoder(options);
  }

  get #decoder(): XlHeaderDecoder | LibvirtHeaderDecoder | LibxlDecoder | ImageDecoder | undefined {
    return this.#xl ?? this.#libvirt ?? this.#image ?? this.#libxl;
  }

  /** Octets to give next. After the end, if a permission may follow: its 44 octets, which are optional. */
  get wants(): number {
    if (this.#permission) return PERMISSION_TO_GO.length;
    return this.#decoder === undefined ? START_LENGTH : this.#decoder.wants - this.#magic.length;
  }

  get offset(): number {
    return this.#offset;
  }

  /** True once the stream has had its END. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Octets of pages that the driver still has to consume. */
  get pageOctets(): number {
    return this.#image?.pageOctets ?? 0;
  }

  /**
   * Tells the decoder that the driver has consumed `octets` octets of pages. Throws RangeError if fewer are
   * left.
   */
  pagesTaken(octets: number): void {
    if (this.#image === undefined) throw new RangeError('no pages are expected now');
    this.#image.pagesTaken(octets);
    this.#offset += octets;
  }

  give(octets: Uint8Array): StreamEvent | undefined {
    expectLength(octets, this.wants);
    const event = this.#event(octets);
    this.#offset += octets.length;
    if (!this.#permission) this.#handOver();
    return event;
  }

  end(left = 0): void {
    if (this.#permission && left > 0) throw noPermission(this.#offset);
    if (this.#finished) return expectNoneLeft(left, 'handshake', this.#offset);
    if (this.#decoder === undefined)
      throw startError('truncated', 'the bytes end within the magic', this.#offset);
    this.#decoder.end();
    // The inner layer is complete and the outer one is not: the outer one has just handed over.
    this.#libxl?.end();
  }

  #event(octets: Uint8Array): StreamEvent | undefined {
    if (this.#permission) return this.#takePermission(octets);
    if (this.#decoder === undefined) return this.#detect(octets);
    if (this.#magic.length === 0) return this.#take(octets);
    const whole = concatenated(this.#magic, octets);
    this.#magic = NONE;
    return this.#take(whole);
  }

  #detect(octets: Uint8Array): undefined {
    const start = detectStart(octets);
    if (start === undefined) throw startError('bad-magic', NO_START, this.#offset);
    this.#begin(start);
    // A copy: `slice` of a Buffer is none.
    this.#magic = new Uint8Array(octets);
  }

  #take(octets: Uint8Array): StreamEvent | undefined {
    if (this.#xl !== undefined) {
      const event = this.#xl.give(octets);
      if (event !== undefined) this.#features = usableFeatures(event.header, allExtensionFeatures);
      return tag('xl', event);
    }
    if (this.#libvirt !== undefined) return tag('libvirt', this.#libvirt.give(octets));
    if (this.#image !== undefined) return tag('libxc', this.#image.give(octets));
    return tag('libxl', this.#libxl?.give(octets));
  }

  #takePermission(octets: Uint8Array): StreamEvent {
    const offset = this.#offset;
    if (!equal(octets, PERMISSION_TO_GO)) throw noPermission(offset);
    this.#permission = false;
    return { kind: 'permission', layer: 'handshake', offset };
  }

  #handOver(): void {
    const features = this.#options.features ?? this.#features;
    const options = { ...this.#options, offset: this.#offset, features };
    if (this.#xl?.finished === true || this.#libvirt?.finished === true) {
      this.#xl = this.#libvirt = undefined;
      this.#libxl = new LibxlDecoder(options);
    } else if (this.#image?.finished === true && this.#libxl !== undefined) {
      const start = this.#libxl.offset;
      this.#image = undefined;
      this.#libxl.imageTaken(this.#offset - start);
    } else if (this.#image === undefined && this.#libxl?.inImage === true) {
      this.#image = new ImageDecoder(options);
    } else if (!this.#finished && this.#decoder?.finished === true) {
      this.#finished = true;
      this.#permission = this.#options.permission ?? true;
    }
  }
}

function startError(code: 'truncated' | 'bad-magic', message: string, offset: number): StreamError {
  const specification =
    'the magic of xl (xl.h), of libvirt, of a libxl stream ("LibxlFmt") or of an image (all ones)';
  return new StreamError(code, message, { layer: 'xl', offset, field: 'magic', specification });
}

function noPermission(offset: number): StreamError {
  const specification = 'nothing follows END but, in a recorded migration, permission to go (tools/xl/xl.h)';
  const details = { layer: 'handshake', offset, specification } as const;
  return new StreamError('octets-after-end', 'what follows the end is no permission to go', details);
}

function tag<E extends object, L extends string>(
  layer: L,
  event: E | undefined,
): (E & { layer: L }) | undefined {
  return event === undefined ? undefined : { ...event, layer };
}
