/**
 * Pulling decoder of what a target sends: banner, ready, report, and permission to go back if its report says
 * failure.
 */
import { expectLength, expectNoneLeft, type PullDecoder } from '../layer/decoder.js';
import { StreamError } from '../errors.js';
import { equal } from '../octets/octets.js';
import { classifyBanner } from '../handshake/banner.js';
import { BANNER, PERMISSION_TO_GO, READY, REPORT, STATUS_SUCCESS } from '../handshake/messages.js';

/** A message of the target. `offset`: octets that the target sent before it. */
export type TargetEvent =
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

/**
 * Decodes what the target of a migration sends.
 *
 *     wants 54 -> banner, wants 34 -> ready, wants 40 -> report
 *     status 0: finished; else wants 44 -> permission-back, finished
 */
export class TargetDecoder implements PullDecoder<TargetEvent> {
  #next = 0;
  #offset = 0;
  #finished = false;

  get wants(): number {
    const { text, follows } = this.#message;
    return this.#finished ? 0 : text.length + follows;
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
  give(octets: Uint8Array): TargetEvent {
    expectLength(octets, this.wants);
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
    const message = this.#message;
    throw new StreamError(
      'truncated',
      `the target ends before its ${message.kind}`,
      detailsOf(message, offset),
    );
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
