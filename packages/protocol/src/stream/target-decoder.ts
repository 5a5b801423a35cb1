/**
 * Pulling decoder of what a target sends: banner, ready, report, and permission to go back if its report says
 * failure. A target that is mig may send a hello before ready.
 */
import { expectLength, expectNoneLeft, type PullDecoder } from '../layer/decoder.js';
import { StreamError } from '../errors.js';
import { concatenated, equal } from '../octets/octets.js';
import { classifyBanner } from '../handshake/banner.js';
import { HELLO_HEAD_LENGTH, HELLO_MAGIC, HelloDecoder, type HelloEvent } from '../handshake/hello.js';
import { BANNER, PERMISSION_TO_GO, READY, REPORT, STATUS_SUCCESS } from '../handshake/messages.js';

/** A message of the target. `offset`: octets that the target sent before it. */
export type TargetEvent =
  | HelloEvent
  | { readonly kind: 'banner' | 'ready' | 'permission-back'; readonly offset: number }
  | {
      readonly kind: 'report';
      /** Status: 0 for success, else libxl's error number negated. */
      readonly status: number;
      readonly offset: number;
    };

/** The messages in order, each with its name in tools/xl/xl.h. The status octet follows the report. */
const messages = [
  { kind: 'banner', text: BANNER, follows: 0, source: 'migrate_receiver_banner' },
  { kind: 'ready', text: READY, follows: 0, source: 'migrate_receiver_ready' },
  { kind: 'report', text: REPORT, follows: 1, source: 'migrate_report' },
  { kind: 'permission-back', text: PERMISSION_TO_GO, follows: 0, source: 'migrate_permission_to_go' },
] as const;

type Message = (typeof messages)[number];

export interface TargetDecoderOptions {
  /** Whether a hello may come before ready: the source has said that it is mig. Default: it is refused. */
  readonly hello?: boolean;
}

const NONE = new Uint8Array(0);

/**
 * Decodes what the target of a migration sends.
 *
 *     wants 54 -> banner, wants 34 -> ready, wants 40 -> report
 *     status 0: finished; else wants 44 -> permission-back, finished
 *
 * If a hello may come, the 34 octets of ready are wanted in two parts, the first of 16:
 *
 *     wants 54 -> banner, wants 16, wants the rest of a hello -> hello, wants 34 -> ready
 *     wants 54 -> banner, wants 16, wants 18 -> ready
 */
export class TargetDecoder implements PullDecoder<TargetEvent> {
  #next = 0;
  #offset = 0;
  #finished = false;
  #mayHello: boolean;
  /** The hello that is being read. */
  #hello: HelloDecoder | undefined;
  /** The first octets of a message, if they are no hello's. */
  #held = NONE;

  constructor({ hello = false }: TargetDecoderOptions = {}) {
    this.#mayHello = hello;
  }

  get wants(): number {
    if (this.#hello !== undefined) return this.#hello.wants;
    if (this.#looksForHello) return HELLO_HEAD_LENGTH;
    const { text, follows } = this.#message;
    return this.#finished ? 0 : text.length + follows - this.#held.length;
  }

  get offset(): number {
    return this.#offset;
  }

  /** True once the report has arrived, and permission to go back, too, if the report says failure. */
  get finished(): boolean {
    return this.#finished;
  }

  /**
   * Takes exactly `wants` octets: one message.
   * @throws StreamError `bad-magic` if it is no banner, with the likely cause; `bad-value` for another
   * message
   */
  give(octets: Uint8Array): TargetEvent | undefined {
    expectLength(octets, this.wants);
    if (this.#looksForHello && this.#hello === undefined) {
      this.#mayHello = false;
      if (!equal(octets.subarray(0, HELLO_MAGIC.length), HELLO_MAGIC)) {
        // A copy: `slice` of a Buffer is none.
        this.#held = new Uint8Array(octets);
        return undefined;
      }
      this.#hello = new HelloDecoder({ offset: this.#offset });
    }
    if (this.#hello !== undefined) return this.#giveHello(this.#hello, octets);
    return this.#giveMessage(concatenated(this.#held, octets));
  }

  #giveHello(decoder: HelloDecoder, octets: Uint8Array): HelloEvent | undefined {
    const event = decoder.give(octets);
    this.#offset = decoder.offset;
    if (decoder.finished) this.#hello = undefined;
    return event;
  }

  #giveMessage(octets: Uint8Array): TargetEvent {
    this.#held = NONE;
    const message = this.#message;
    const { kind, text } = message;
    const offset = this.#offset;
    if (!equal(octets.subarray(0, text.length), text)) throw isOther(message, octets, offset);
    this.#offset += octets.length;
    this.#next++;
    if (kind !== 'report') {
      this.#finished = kind === 'permission-back';
      return { kind, offset };
    }
    const status = octets[text.length]!;
    this.#finished = status === STATUS_SUCCESS;
    return { kind, status, offset };
  }

  end(left = 0): void {
    const offset = this.#offset;
    if (this.#finished) return expectNoneLeft(left, 'handshake', offset);
    this.#hello?.end();
    const message = this.#message;
    throw new StreamError(
      'truncated',
      `the target ends before its ${message.kind}`,
      detailsOf(message, offset),
    );
  }

  get #looksForHello(): boolean {
    return this.#mayHello && this.#message.kind === 'ready';
  }

  get #message(): Message {
    return messages[this.#next] ?? messages[0];
  }
}

function detailsOf({ kind, source }: Message, offset: number) {
  return { layer: 'handshake', offset, field: kind, specification: `tools/xl/xl.h: ${source}` } as const;
}

function isOther(message: Message, octets: Uint8Array, offset: number): StreamError {
  const { kind } = message;
  const details = detailsOf(message, offset);
  if (kind !== 'banner') return new StreamError('bad-value', `what came in its place is no ${kind}`, details);
  const verdict = classifyBanner(octets, true);
  const cause =
    verdict.kind === 'other' || verdict.kind === 'through-terminal' ? `: ${verdict.likelyCause}` : '';
  return new StreamError('bad-magic', `what came in its place is no banner${cause}`, details);
}
