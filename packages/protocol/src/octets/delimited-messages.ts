/** What the protobuf protocols of this package share: messages that are each preceded by their length as a varint. */
import protobuf from 'protobufjs';
import { OctetBuffer } from './octet-buffer.js';

/** What a message breaks. Where `fatal`, the boundaries of messages are lost as well. */
export class ControlError extends Error {
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

/** The message with its length before it. */
export function encodeDelimited(type: protobuf.Type, message: object): Uint8Array {
  return type.encodeDelimited(type.fromObject(message)).finish();
}

/**
 * @param what it should be, in the words of an error
 * @param octets without the length
 * @returns all fields but the absent `optional` ones; of a `oneof` the name of the field that is there
 * @throws ControlError `malformed`
 */
export function decodeFields(type: protobuf.Type, what: string, octets: Uint8Array): Record<string, unknown> {
  try {
    return type.toObject(type.decode(octets), { longs: Number, defaults: true, oneofs: true });
  } catch (error) {
    throw new ControlError('malformed', `not a control ${what}`, { cause: error });
  }
}

/**
 * What a `oneof` of messages holds.
 * @throws ControlError `unknown` where it is none that is known here
 */
export function chosen(fields: Record<string, unknown>, oneof: string): { kind: string } {
  const kind = fields[oneof];
  if (typeof kind !== 'string') throw new ControlError('unknown', `an unknown control ${oneof}`);
  return { kind, ...(fields[kind] as object) };
}

/** Takes a connection's octets apart into messages, without their lengths. */
export class DelimitedMessages {
  readonly #buffer = new OctetBuffer();

  /** @param longest octets of a message at most */
  constructor(private readonly longest: number) {}

  /** Tells whether a message has come in part. */
  get hasPart(): boolean {
    return this.#buffer.length > 0;
  }

  /**
   * @returns the messages that are complete now
   * @throws ControlError `too-long`, after which the connection is of no more use
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
        throw new ControlError('too-long', `a control message of more than ${this.longest} octets`);
      }
      if (octet < 0x80) return { value, octets: at + 1 };
    }
    return undefined;
  }
}
