/** Framing of the protobuf protocols: the length of each message precedes it as a varint. */
import { MigError } from '@mig/errors';
import protobuf from 'protobufjs';
import { OctetBuffer } from './octet-buffer.js';

/** A message that breaks the protocol. If `fatal`, the boundaries of messages are lost as well. */
export class ControlError extends MigError {
  override readonly name = 'ControlError';

  constructor(
    readonly code: 'malformed' | 'unknown' | 'too-long',
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }

  get fatal(): boolean {
    return this.code === 'too-long';
  }
}

/** Encodes a message behind its length. */
export function encodeDelimited(type: protobuf.Type, message: object): Uint8Array {
  return type.encodeDelimited(type.fromObject(message)).finish();
}

/**
 * Decodes a message without its length.
 * @param what name of the expected message, for an error
 * @returns all fields except absent `optional` ones; for a `oneof` the name of the field that is set
 * @throws ControlError `malformed`
 */
export function decodeFields(type: protobuf.Type, what: string, octets: Uint8Array): Record<string, unknown> {
  try {
    return type.toObject(type.decode(octets), { longs: Number, defaults: true, oneofs: true });
  } catch (error) {
    throw new ControlError('malformed', `not a ${what}`, { cause: error });
  }
}

/**
 * Returns the message that a `oneof` holds.
 * @throws ControlError `unknown` if this version does not know it
 */
export function chosen(fields: Record<string, unknown>, oneof: string): { kind: string } {
  const kind = fields[oneof];
  if (typeof kind !== 'string') throw new ControlError('unknown', `an unknown ${oneof}`);
  return { kind, ...(fields[kind] as object) };
}

/** Splits a connection's octets into messages, without their lengths. */
export class DelimitedMessages {
  readonly #buffer = new OctetBuffer();

  /** @param longest the most octets of a message */
  constructor(private readonly longest: number) {}

  /** Whether a part of a message has arrived. */
  get hasPart(): boolean {
    return this.#buffer.length > 0;
  }

  /**
   * Takes octets from the connection.
   * @returns the messages that are now complete
   * @throws ControlError `too-long`, after which the connection is unusable
   */
  push(octets: Uint8Array): Uint8Array[] {
    this.#buffer.append(octets);
    const messages: Uint8Array[] = [];
    for (;;) {
      const length = this.#varint(this.#buffer.octets);
      if (length === undefined || length.octets + length.value > this.#buffer.length) return messages;
      messages.push(this.#buffer.take(length.octets + length.value).slice(length.octets));
    }
  }

  #varint(octets: Uint8Array): { value: number; octets: number } | undefined {
    let value = 0;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at]!;
      value += (octet & 0x7f) * 2 ** (7 * at);
      if (value > this.longest || at > 4) {
        throw new ControlError('too-long', `a message of more than ${this.longest} bytes`);
      }
      if (octet < 0x80) return { value, octets: at + 1 };
    }
    return undefined;
  }
}
