/**
 * A whole stream, pulled: xl header or libvirt's, libxl stream, image within it, and, in a recorded migration, the permission to go
 * after it. Composes the decoders of the layers.
 */
import type { PullDecoder } from './decoder.js';
import { expectLength } from './decoder.js';
import { StreamError } from './errors.js';
import { PERMISSION_TO_GO } from './handshake/messages.js';
import { ImageDecoder, type ImageDecoderOptions, type ImageEvent } from './image-decoder.js';
import { LibvirtHeaderDecoder, type LibvirtHeaderEvent } from './libvirt-header-decoder.js';
import { LibxlDecoder, type LibxlEvent } from './libxl-decoder.js';
import { equal } from './octets.js';
import { XlHeaderDecoder, type XlHeaderEvent } from './xl-header-decoder.js';

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

/** The header that a stream begins with. */
export type StreamStart = 'xl' | 'libvirt' | 'libxl' | 'libxc';

export interface StreamDecoderOptions extends ImageDecoderOptions {
  /**
   * Where the octets start: at the xl header (`xl save`, `xl migrate`), at libvirt's (`virsh save`), at libxl's (`virsh
   * migrate`) or at the image (what libxl-save-helper writes). `xl` unless told otherwise.
   */
  readonly start?: StreamStart;
  /** Whether a permission to go may follow the end, as in the recording of a migration. It need not. */
  readonly permission?: boolean;
}

export class StreamDecoder implements PullDecoder<StreamEvent> {
  readonly #options: StreamDecoderOptions;
  #xl: XlHeaderDecoder | undefined;
  #libvirt: LibvirtHeaderDecoder | undefined;
  #libxl: LibxlDecoder | undefined;
  #image: ImageDecoder | undefined;
  #permission = false;
  #finished = false;
  #offset: number;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: StreamDecoderOptions = {}) {
    this.#options = options;
    this.#offset = options.offset ?? 0;
    const start = options.start ?? 'xl';
    if (start === 'xl') this.#xl = new XlHeaderDecoder(options);
    if (start === 'libvirt') this.#libvirt = new LibvirtHeaderDecoder(options);
    if (start === 'libxl') this.#libxl = new LibxlDecoder(options);
    if (start === 'libxc') this.#image = new ImageDecoder(options);
  }

  get #decoder(): XlHeaderDecoder | LibvirtHeaderDecoder | LibxlDecoder | ImageDecoder | undefined {
    return this.#xl ?? this.#libvirt ?? this.#image ?? this.#libxl;
  }

  /** Octets wanted next. After the end, where a permission may follow: its 44, and they need not come. */
  get wants(): number {
    return this.#permission ? PERMISSION_TO_GO.length : (this.#decoder?.wants ?? 0);
  }

  get offset(): number {
    return this.#offset;
  }

  /** The stream has had its END. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Octets of pages that the driver has still to consume. */
  get pageOctets(): number {
    return this.#image?.pageOctets ?? 0;
  }

  /** The driver has consumed so many octets of pages. Throws RangeError for more than there are. */
  pagesTaken(octets: number): void {
    if (this.#image === undefined) throw new RangeError('no pages are expected now');
    this.#image.pagesTaken(octets);
    this.#offset += octets;
  }

  give(octets: Uint8Array): StreamEvent | undefined {
    expectLength(octets, this.wants);
    const event = this.#permission ? this.#takePermission(octets) : this.#take(octets);
    this.#offset += octets.length;
    if (!this.#permission) this.#handOver();
    return event;
  }

  end(): void {
    if (this.#finished) return;
    this.#decoder?.end();
    // The layer is complete and the one above it is not: it has just handed over.
    this.#libxl?.end();
  }

  #take(octets: Uint8Array): StreamEvent | undefined {
    if (this.#xl !== undefined) return tag('xl', this.#xl.give(octets));
    if (this.#libvirt !== undefined) return tag('libvirt', this.#libvirt.give(octets));
    if (this.#image !== undefined) return tag('libxc', this.#image.give(octets));
    return tag('libxl', this.#libxl?.give(octets));
  }

  #takePermission(octets: Uint8Array): StreamEvent {
    const offset = this.#offset;
    if (!equal(octets, PERMISSION_TO_GO)) {
      const specification = 'tools/xl/xl.h: migrate_permission_to_go';
      const details = { layer: 'handshake', offset, specification } as const;
      throw new StreamError('octets-after-end', 'what follows the end is no permission to go', details);
    }
    this.#permission = false;
    return { kind: 'permission', layer: 'handshake', offset };
  }

  #handOver(): void {
    const options = { ...this.#options, offset: this.#offset };
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
      this.#permission = this.#options.permission ?? false;
    }
  }
}

function tag<E extends object, L extends string>(
  layer: L,
  event: E | undefined,
): (E & { layer: L }) | undefined {
  return event === undefined ? undefined : { ...event, layer };
}
