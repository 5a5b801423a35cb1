/**
 * Pulling decoder of the libxl stream: header, then records. After LIBXC_CONTEXT it steps aside: the driver
 * runs an ImageDecoder and then calls `imageTaken` with the length of the image.
 *
 *     wants 16 -> libxl-header, then again and again
 *     wants 8 (record header), wants body and padding -> record
 *     LIBXC_CONTEXT: inImage until imageTaken
 *     until END: finished
 */
import { expectLength, expectNoneLeft, type DecoderOptions, type PullDecoder } from '../layer/decoder.js';
import type { Fault } from '../layer/deviations.js';
import { StreamError } from '../errors.js';
import { paddedLength, RECORD_HEADER_LENGTH } from '../layer/framing.js';
import { bigEndian, Judge, reservedFault } from '../layer/judge.js';
import { decodeLibxlHeader, LIBXL_HEADER_LENGTH, type LibxlHeader } from './libxl-header.js';
import {
  type AnyLibxlRecordName,
  EMULATOR_FIXED_LENGTH,
  libxlExtensionKindOf,
  libxlKindOf,
  type LibxlKind,
  type LibxlPhase,
} from './libxl-kinds.js';
import type { ByteOrder } from '../octets/octets.js';
import { readRecord, readRecordHeader, type CurrentRecord } from '../layer/record-reader.js';
import type { ExtensionFeatures } from '../layer/extension.js';
import type { LibxlRecord } from '../layer/records.js';

/**
 * An event of the libxl stream. `offset` is that of the header or record in the whole stream, `length` that
 * of the body without padding, both in octets.
 */
export type LibxlEvent =
  | { readonly kind: 'libxl-header'; readonly header: LibxlHeader; readonly offset: number }
  | {
      readonly kind: 'record';
      readonly record: LibxlRecord;
      readonly index: number;
      readonly offset: number;
      readonly length: number;
    };

export interface LibxlDecoderOptions extends DecoderOptions {
  /**
   * Most octets of an emulator's context, if the consumer has a limit: a longer one is refused by its header.
   */
  readonly longestContext?: number;
  /** The features of mig's extension whose records may come: those that were offered. Default: none. */
  readonly features?: ExtensionFeatures | undefined;
}

type Current = CurrentRecord<LibxlKind<AnyLibxlRecordName>>;

type Step = 'libxl-header' | 'record-header' | 'body' | 'image' | 'finished' | 'failed';

export class LibxlDecoder implements PullDecoder<LibxlEvent> {
  #step: Step = 'libxl-header';
  #wants = LIBXL_HEADER_LENGTH;
  #offset: number;
  #index = 0;
  #phase: LibxlPhase = 'before-image';
  #byteOrder: ByteOrder = 'little-endian';
  #current: Current | undefined;
  readonly #judge: Judge;
  readonly #longestContext: number | undefined;
  readonly #features: ExtensionFeatures | undefined;

  /** Throws TypeError when told to verify without `onDeviation`. */
  constructor(options: LibxlDecoderOptions = {}) {
    this.#offset = options.offset ?? 0;
    this.#judge = new Judge('libxl', options);
    this.#longestContext = options.longestContext;
    this.#features = options.features;
  }

  get wants(): number {
    return this.#wants;
  }

  get offset(): number {
    return this.#offset;
  }

  get finished(): boolean {
    return this.#step === 'finished';
  }

  /** True while the octets to come belong to the image. */
  get inImage(): boolean {
    return this.#step === 'image';
  }

  /**
   * Tells the decoder that the driver has consumed the whole image of `octets` octets. Throws RangeError
   * while no image is expected.
   */
  imageTaken(octets: number): void {
    if (!this.inImage) throw new RangeError('no image is expected now');
    this.#offset += octets;
    this.#phase = 'after-image';
    this.#expectRecord();
  }

  give(octets: Uint8Array): LibxlEvent | undefined {
    expectLength(octets, this.#wants);
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
    if (this.finished) return expectNoneLeft(left, 'libxl', this.#offset);
    const details = {
      layer: 'libxl',
      offset: this.#offset,
      record: this.#current?.record,
      specification: 'libxl specification, "END": the final record',
    } as const;
    throw new StreamError('truncated', 'the stream ends before its END', details);
  }

  #take(octets: Uint8Array, offset: number): LibxlEvent | undefined {
    if (this.#step === 'libxl-header') return this.#header(octets, offset);
    if (this.#step === 'record-header') return this.#recordHeader(octets, offset);
    return this.#body(octets);
  }

  #header(octets: Uint8Array, offset: number): LibxlEvent {
    const header = decodeLibxlHeader(octets, offset);
    const section = 'libxl specification, "Header": little-endian for x86';
    if (header.byteOrder === 'big-endian') this.#judge.judge(bigEndian(section), { offset });
    if (header.options !== undefined) this.#judge.judge(reservedFault('options'), { offset });
    this.#byteOrder = header.byteOrder;
    this.#expectRecord();
    return { kind: 'libxl-header', header, offset };
  }

  #recordHeader(octets: Uint8Array, offset: number): LibxlEvent | undefined {
    this.#current = readRecordHeader(octets, offset, this.#index++, {
      judge: this.#judge,
      byteOrder: this.#byteOrder,
      kindOf: (type) => this.#kindOf(type),
      misplaced: (kind) => this.#misplaced(kind),
      unknown: 'libxl specification, "Record Overview": a reserved type',
    });
    this.#step = 'body';
    this.#wants = paddedLength(this.#current.length);
    return this.#wants === 0 ? this.#body(octets.subarray(0, 0)) : undefined;
  }

  #kindOf(type: number): LibxlKind<AnyLibxlRecordName> | undefined {
    const kind = libxlKindOf(type) ?? libxlExtensionKindOf(type, this.#features);
    if (kind?.name !== 'EMULATOR_CONTEXT' || this.#longestContext === undefined) return kind;
    return { ...kind, body: { ...kind.body, maximum: EMULATOR_FIXED_LENGTH + this.#longestContext } };
  }

  #misplaced(kind: LibxlKind<AnyLibxlRecordName>): Fault[] {
    const verdict = kind.phases[this.#phase];
    if (verdict === 'right') return [];
    const where = this.#phase === 'before-image' ? 'before LIBXC_CONTEXT' : 'after the image';
    const fault = {
      code: 'out-of-order',
      refused: verdict === 'refused',
      message: `${kind.name} ${where}`,
      specification: `libxl specification, "${kind.section}"`,
    } as const;
    // After a second image, or a checkpoint's records, the meaning of the octets is unknown.
    return [verdict === 'refused' && kind.name !== 'END' ? { ...fault, fatal: true } : fault];
  }

  #body(octets: Uint8Array): LibxlEvent {
    const current = this.#current as Current;
    const record = readRecord(current, octets, this.#judge, this.#byteOrder, undefined);
    this.#after(record);
    const { offset, length } = current;
    return { kind: 'record', record, index: current.record.index, offset, length };
  }

  #after(record: LibxlRecord): void {
    this.#current = undefined;
    if (record.type !== 'END' && record.type !== 'LIBXC_CONTEXT') {
      this.#expectRecord();
      return;
    }
    this.#step = record.type === 'END' ? 'finished' : 'image';
    this.#wants = 0;
  }

  #expectRecord(): void {
    this.#step = 'record-header';
    this.#wants = RECORD_HEADER_LENGTH;
    this.#current = undefined;
  }
}
