import { EndOfInputError, type OctetSource } from '@mig/channel';
import { StreamError } from '@mig/protocol';

interface Pulling<Event> {
  readonly wants: number;
  give(octets: Uint8Array): Event | undefined;
  /** Throws, with the place in the format, unless the stream is complete. */
  end(): void;
}

const NO_SCRATCH = new Uint8Array(0);

/**
 * Reads what the decoder wants next and gives it.
 * @param scratch is read into, where there is room: what the event has of it is valid until the next pull
 * @throws StreamError truncated where the input ends before
 */
export function pull<Event>(
  decoder: Pulling<Event>,
  input: OctetSource,
  scratch = NO_SCRATCH,
): Event | undefined {
  return decoder.give(orTruncated(decoder, () => octetsOf(input, decoder.wants, scratch)));
}

function octetsOf(input: OctetSource, length: number, scratch: Uint8Array): Uint8Array {
  if (length > scratch.length) return input.read(length);
  const octets = scratch.subarray(0, length);
  input.fill(octets);
  return octets;
}

/** Reads octets on the decoder's behalf: where they end too early, it knows within what. */
export function orTruncated<T>(decoder: Pulling<unknown>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof EndOfInputError ? truncation(decoder, error) : error;
  }
}

/** Where in the format, as the decoder knows it; at which octet, as the input does. */
function truncation(decoder: Pulling<unknown>, cause: EndOfInputError): Error {
  try {
    decoder.end();
  } catch (error) {
    if (!(error instanceof StreamError)) return cause;
    const { layer, offset, record, specification } = error;
    return new StreamError('truncated', cause.message, { layer, offset, record, specification, cause });
  }
  return cause;
}
