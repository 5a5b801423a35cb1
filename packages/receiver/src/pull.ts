import { EndOfInputError, type OctetSource } from '@mig/channel';
import { pull, type PullDecoder, StreamError } from '@mig/protocol';

const NO_SCRATCH = new Uint8Array(0);

/**
 * Yields the events of a decoder, which gets what it wants from the input.
 * @param scratch buffer to read into, if it is large enough: its content in an event is valid until the next
 * event
 * @throws StreamError truncated if the input ends before the decoder is finished
 */
export function pullFrom<Event>(
  decoder: PullDecoder<Event>,
  input: OctetSource,
  scratch = NO_SCRATCH,
): Generator<Event, void, undefined> {
  return pull(decoder, (count) => orTruncated(decoder, () => octetsOf(input, count, scratch)));
}

function octetsOf(input: OctetSource, length: number, scratch: Uint8Array): Uint8Array {
  if (length > scratch.length) return input.read(length);
  const octets = scratch.subarray(0, length);
  input.fill(octets);
  return octets;
}

/** Reads octets on the decoder's behalf: if they end too early, the error says within what. */
export function orTruncated<T>(decoder: PullDecoder<unknown>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof EndOfInputError ? truncation(decoder, error) : error;
  }
}

/** Makes the error: the decoder knows the place in the format, the input the octet. */
function truncation(decoder: PullDecoder<unknown>, cause: EndOfInputError): Error {
  try {
    decoder.end();
  } catch (error) {
    if (!(error instanceof StreamError)) return cause;
    const { layer, offset, record, specification } = error;
    return new StreamError('truncated', cause.message, { layer, offset, record, specification, cause });
  }
  return cause;
}
