import { EndOfInputError, type OctetSource } from '@mig/channel';
import { pull, type PullDecoder, StreamError } from '@mig/protocol';

const NO_SCRATCH = new Uint8Array(0);

/**
 * The events of a decoder, which is given what it wants of the input.
 * @param scratch is read into, where there is room: what an event has of it is valid until the next
 * @throws StreamError truncated where the input ends before
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

/** Reads octets on the decoder's behalf: where they end too early, it knows within what. */
export function orTruncated<T>(decoder: PullDecoder<unknown>, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof EndOfInputError ? truncation(decoder, error) : error;
  }
}

/** Where in the format, as the decoder knows it; at which octet, as the input does. */
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
