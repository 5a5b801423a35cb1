import { deadlineIn, EndOfInputError, type OctetSource, TimeoutError } from '@mig/channel';
import { BANNER, classifyBanner, decodeRefusal } from '@mig/protocol/handshake';
import { ArrivalRefusedError, BannerError, MissingMessageError, UnexpectedMessageError } from './errors.js';

/** Octets read of what came in place of the banner, to be shown. */
export const SHOWN = 2048;
/** Milliseconds within which the rest of its first line must arrive. */
const REST = 1000;
const NONE = new Uint8Array(0);

/**
 * Reads the banner.
 * @param milliseconds for the whole banner
 * @throws ArrivalRefusedError; BannerError with what came instead, or with what came before the end or the timeout
 */
export function awaitBanner(input: OctetSource, milliseconds: number): void {
  input.deadline = deadlineIn(milliseconds, 'no banner from the target');
  const received = new Uint8Array(SHOWN);
  let length = 0;
  const read = (most: number): boolean => {
    const moved = input.readSome(received.subarray(length, most));
    length += moved;
    return moved > 0;
  };
  try {
    while (length < BANNER.length && startsLikeBanner(received, length)) {
      if (!read(BANNER.length)) throw bannerError(received.subarray(0, length));
    }
    if (startsLikeBanner(received, length)) return;
    input.deadline = deadlineIn(REST, 'no more');
    while (length < SHOWN && !received.subarray(0, length).includes(0x0a) && read(SHOWN));
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    throw bannerError(received.subarray(0, length), error);
  }
  throw bannerError(received.subarray(0, length));
}

function startsLikeBanner(received: Uint8Array, length: number): boolean {
  return received.subarray(0, Math.min(length, BANNER.length)).every((octet, i) => octet === BANNER[i]);
}

function bannerError(received: Uint8Array, late?: TimeoutError): ArrivalRefusedError | BannerError {
  const refused = decodeRefusal(received);
  if (refused !== undefined) return new ArrivalRefusedError(refused);
  const hasEnded = late === undefined || received.length === 0;
  return new BannerError(classifyBanner(received, hasEnded), received.length, late);
}

/**
 * Reads one of the fixed messages that the target sends.
 * @param what as in "the ready message"
 * @param milliseconds for the whole message, and for what belongs to it
 * @param before reads what may come before the message, within the same time; returns the first octets of the message
 * that it has read
 * @throws UnexpectedMessageError if something else came, MissingMessageError, TimeoutError
 */
export function awaitMessage(
  input: OctetSource,
  message: Uint8Array,
  what: string,
  milliseconds: number,
  before?: () => Uint8Array,
): void {
  input.deadline = deadlineIn(milliseconds, `no ${what} from the target`);
  const received = readMessage(input, message.length, what, before?.());
  if (!received.every((octet, i) => octet === message[i])) throw new UnexpectedMessageError(what, received);
}

/**
 * Reads the octet after the report, within the time for the report. @throws MissingMessageError, TimeoutError
 */
export function awaitStatus(input: OctetSource): number {
  return readMessage(input, 1, 'status in the report')[0]!;
}

function readMessage(input: OctetSource, length: number, what: string, begun: Uint8Array = NONE): Uint8Array {
  const message = new Uint8Array(length);
  message.set(begun);
  try {
    input.fill(message.subarray(begun.length), length);
    return message;
  } catch (error) {
    if (error instanceof EndOfInputError) throw new MissingMessageError(what, length - error.missing);
    throw error;
  }
}
