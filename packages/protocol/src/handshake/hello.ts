/**
 * The hello: the message of a target that is mig to a source that has said, by a bit of the xl header, that it is mig,
 * too. It comes between the banner and ready. See docs/extension.md.
 *
 *      0                       4                       8
 *     +-----------------------------------------------+
 *     | magic: "mighello"                             |
 *     +-----------------------+-----------------------+
 *     | version, 1            | octets that follow    |  8 to 1024
 *     +-----------------------+-----------------------+
 *     | features, a bit each  | reserved, zero        |
 *     +-----------------------+-----------------------+
 *     | what later revisions add, ignored             |
 *     +-----------------------------------------------+
 *
 * Numbers are little-endian.
 */
import { StreamError, type StreamErrorCode } from '../errors.js';
import { expectLength, expectNoneLeft, type PullDecoder } from '../layer/decoder.js';
import {
  type ExtensionFeature,
  type ExtensionFeatures,
  featureBits,
  featuresOfBits,
} from '../layer/extension.js';
import { equal, OctetReader, OctetWriter } from '../octets/octets.js';
import { latin1 } from '../octets/text.js';

/** The first octets of a hello, and of no other message. */
export const HELLO_MAGIC: Uint8Array = latin1('mighello');
/** Octets of a hello up to the length of the rest. */
export const HELLO_HEAD_LENGTH = 16;
/** The version of the hello that is written, and the only one whose features are used. */
export const HELLO_VERSION = 1;
/** Least and most octets behind the head of a hello. */
export const HELLO_BODY = { least: 8, most: 1024 } as const;
const FEATURES_LENGTH = 4;

/** A hello as it is on the wire. */
export interface Hello {
  readonly version: number;
  /** The bits of the features, 32 of them: see `helloFeatures`. */
  readonly features: number;
  /** The octets behind the features, at least 4: reserved, and what later revisions add. */
  readonly rest: Uint8Array;
}

export interface HelloEvent {
  readonly kind: 'hello';
  /** The hello; `rest` is a view on the octets given. */
  readonly hello: Hello;
  /** Octets that the target sent before it. */
  readonly offset: number;
}

/** Makes the hello of a target that offers these features. */
export function helloOf(features: Iterable<ExtensionFeature>): Hello {
  const rest = new Uint8Array(HELLO_BODY.least - FEATURES_LENGTH);
  return { version: HELLO_VERSION, features: featureBits(features), rest };
}

/** Returns the features that a source may use; none if the hello's version is not known. */
export function helloFeatures({ version, features }: Hello): ExtensionFeatures {
  return featuresOfBits(version === HELLO_VERSION ? features : 0);
}

/** Encodes a hello. Throws RangeError for numbers that do not fit, and for a rest that is too short or too long. */
export function encodeHello({ version, features, rest }: Hello): Uint8Array {
  const length = FEATURES_LENGTH + rest.length;
  if (length < HELLO_BODY.least || length > HELLO_BODY.most)
    throw new RangeError(`${rest.length} bytes behind the features of a hello`);
  const writer = new OctetWriter('little-endian');
  writer.bytes(HELLO_MAGIC);
  writer.u32(version);
  writer.u32(length);
  writer.u32(features);
  writer.bytes(rest);
  return writer.written();
}

/**
 * Pulling decoder of a hello.
 *
 *     wants 16 (magic, version, length), wants that length -> hello: finished
 */
export class HelloDecoder implements PullDecoder<HelloEvent> {
  #wants = HELLO_HEAD_LENGTH;
  #version: number | undefined;
  #offset: number;
  readonly #start: number;

  /** @param offset octets that the target sent before the hello */
  constructor({ offset = 0 }: { readonly offset?: number } = {}) {
    this.#offset = this.#start = offset;
  }

  get wants(): number {
    return this.#wants;
  }

  get offset(): number {
    return this.#offset;
  }

  get finished(): boolean {
    return this.#wants === 0 && this.#version !== undefined;
  }

  /**
   * Takes exactly `wants` octets.
   * @throws StreamError `bad-magic` if it is no hello, `bad-length` or `record-too-long` for its length
   */
  give(octets: Uint8Array): HelloEvent | undefined {
    expectLength(octets, this.#wants);
    // Unusable if this throws.
    this.#wants = 0;
    if (this.#version === undefined) this.#head(octets);
    this.#offset += octets.length;
    if (this.#wants > 0) return undefined;
    const features = new OctetReader(octets, 'little-endian').u32('features');
    const hello = { version: this.#version!, features, rest: octets.subarray(FEATURES_LENGTH) };
    return { kind: 'hello', hello, offset: this.#start };
  }

  end(left = 0): void {
    if (this.finished) return expectNoneLeft(left, 'handshake', this.#offset);
    throw this.#failure('truncated', 'the target ends within its hello', 'hello');
  }

  #head(octets: Uint8Array): void {
    if (!equal(octets.subarray(0, HELLO_MAGIC.length), HELLO_MAGIC)) {
      throw this.#failure('bad-magic', 'this is no hello', 'magic');
    }
    const reader = new OctetReader(octets.subarray(HELLO_MAGIC.length), 'little-endian');
    const version = reader.u32('version');
    const length = reader.u32('length');
    const { least, most } = HELLO_BODY;
    if (length < least || length > most) {
      const code = length < least ? 'bad-length' : 'record-too-long';
      throw this.#failure(code, `a hello of ${length} bytes behind its head`, 'length');
    }
    this.#version = version;
    this.#wants = length;
  }

  #failure(code: StreamErrorCode, message: string, field: string): StreamError {
    const { least, most } = HELLO_BODY;
    const specification = `docs/extension.md: "mighello", version, length ${least} to ${most}`;
    return new StreamError(code, message, { layer: 'handshake', offset: this.#offset, field, specification });
  }
}
