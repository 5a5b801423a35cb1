import type { OctetSource } from '@mig/channel';
import {
  type ExtensionFeatures,
  HELLO_BODY,
  HELLO_HEAD_LENGTH,
  HELLO_MAGIC,
  HelloDecoder,
  helloFeatures,
} from '@mig/protocol/handshake';
import { MissingMessageError } from './errors.js';

const NONE: ExtensionFeatures = new Set();

/**
 * Looks for the target's hello among what comes before ready, without ever waiting for it. A target that is not mig
 * sends none: what it sends is left to whoever waits for ready.
 */
export class HelloWatch {
  #features = NONE;
  /**
   * Progress: within the head of a hello or what may be one, within its body, after it, sure that none comes, or sure that
   * nothing comes any more, because the target has hung up within a hello.
   */
  #state: 'head' | 'body' | 'heard' | 'none' | 'cut' = 'head';
  readonly #decoder: HelloDecoder;
  readonly #octets = new Uint8Array(HELLO_HEAD_LENGTH + HELLO_BODY.most);
  #length = 0;

  /** @param input from which the banner has been read */
  constructor(private readonly input: OctetSource) {
    this.#decoder = new HelloDecoder({ offset: input.octets });
  }

  /** Tells whether a source can be watched. */
  static canWatch(input: OctetSource): boolean {
    return input.hasArrived !== undefined;
  }

  /**
   * Takes what has arrived of a hello.
   * @returns the features that the target offers; none until its hello is whole
   * @throws StreamError if a hello is malformed
   */
  look(): ExtensionFeatures {
    while (this.#isOpen && this.input.hasArrived?.() === true) this.#take();
    return this.#features;
  }

  /**
   * Waits for the rest of a hello, or until it is clear that what comes is none.
   * @returns the first octets of the next message, which were read in search of a hello
   * @throws StreamError if a hello is malformed; TimeoutError, InterruptedError
   */
  finish(): Uint8Array {
    while (this.#isOpen) this.#take();
    return this.#octets.subarray(0, this.#state === 'none' ? this.#length : 0);
  }

  /**
   * Waits for the hello.
   * @returns the features that the target offers; undefined if what comes is no hello
   * @throws MissingMessageError if the target hangs up before its end; StreamError if it is malformed; TimeoutError,
   * InterruptedError
   */
  await(): ExtensionFeatures | undefined {
    while (this.#isOpen) this.#take();
    if (this.#state === 'heard') return this.#features;
    if (this.#state === 'none' && this.#startsOther) return undefined;
    throw new MissingMessageError('hello', this.#length);
  }

  get #isOpen(): boolean {
    return this.#state === 'head' || this.#state === 'body';
  }

  /** Reads the next octets, of which there is at least one, or the end. */
  #take(): void {
    const { wants } = this.#decoder;
    const moved = this.input.readSome(this.#octets.subarray(this.#length, wants));
    this.#length += moved;
    if (moved === 0 || (this.#state === 'head' && !this.#startsLikeHello)) {
      // A target that has hung up is noticed by whoever writes to it, or waits for ready.
      this.#state = this.#state === 'body' ? 'cut' : 'none';
      return;
    }
    if (this.#length < wants) return;
    this.#length = 0;
    const event = this.#decoder.give(this.#octets.subarray(0, wants));
    this.#state = event === undefined ? 'body' : 'heard';
    if (event !== undefined) this.#features = helloFeatures(event.hello);
  }

  /** Whether octets have come that no hello begins with. */
  get #startsOther(): boolean {
    return this.#length > 0 && !this.#startsLikeHello;
  }

  get #startsLikeHello(): boolean {
    const length = Math.min(this.#length, HELLO_MAGIC.length);
    return this.#octets.subarray(0, length).every((octet, i) => octet === HELLO_MAGIC[i]);
  }
}
