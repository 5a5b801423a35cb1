/** Codec of the save helper's messages. */
import { MigError } from '@mig/errors';
import { OctetBuffer } from '../octets/octet-buffer.js';
import { BodyError, OctetReader, OctetWriter } from '../octets/octets.js';
import { fromLatin1, latin1 } from '../octets/text.js';
import { helperMessages, type ArgumentType, type HelperMessage, type MessageKind } from './messages.js';

/** A message that does not decode; libxl, too, would fail the operation for it. */
export class HelperMessageError extends MigError {
  override readonly name = 'HelperMessageError';
  readonly code = 'malformed-helper-message';

  /** @param offset octets from the start to the message at fault */
  constructor(
    message: string,
    readonly offset: number,
  ) {
    super(`message at byte ${offset}: ${message}`);
  }
}

type Value = number | bigint | string;

function write(writer: OctetWriter, type: ArgumentType, value: Value): void {
  if (type === 'u64') return writer.u64(BigInt(value));
  if (type === 'u32') return writer.u32(Number(value));
  if (type === 'i32') return writer.u32(signed(Number(value)));
  const text = latin1(String(value));
  if (text.includes(0)) throw new RangeError(`${JSON.stringify(value)} contains a NUL`);
  writer.u32(text.length + 1);
  writer.bytes(text);
  writer.u8(0);
}

function signed(value: number): number {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 31) {
    throw new RangeError(`${value} does not fit 32 bits`);
  }
  return value >>> 0;
}

function read(reader: OctetReader, type: ArgumentType, name: string): Value {
  if (type === 'u64') return reader.u64(name);
  if (type === 'u32') return reader.u32(name);
  if (type === 'i32') return reader.u32(name) | 0;
  const octets = reader.bytes(reader.u32(name), name);
  if (octets.indexOf(0) !== octets.length - 1 || octets.length === 0) {
    throw new BodyError('bad-value', `${name} does not end with its only NUL`, name);
  }
  return fromLatin1(octets.subarray(0, -1));
}

/**
 * Encodes a message of the helper. Text has one character per octet. Throws RangeError for values that do not
 * fit.
 */
export function encodeHelperMessage(message: HelperMessage): Uint8Array {
  const kind: MessageKind = helperMessages[message.name];
  const values = message as unknown as Readonly<Record<string, Value>>;
  const body = new OctetWriter('little-endian');
  body.u16(kind.type);
  for (const [name, type] of Object.entries(kind.arguments)) {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${message.name} lacks ${name}`);
    write(body, type, value);
  }
  const whole = new OctetWriter('little-endian');
  whole.u16(body.length);
  whole.bytes(body.written());
  return whole.written();
}

const byType = new Map<number, [string, MessageKind]>(
  Object.entries(helperMessages).map(([name, kind]) => [kind.type, [name, kind]]),
);

function decode(octets: Uint8Array, offset: number): HelperMessage {
  const reader = new OctetReader(octets, 'little-endian');
  try {
    const type = reader.u16('type');
    const found = byType.get(type);
    if (found === undefined) throw new HelperMessageError(`type ${type} is not known`, offset);
    const [name, kind] = found;
    const values: Record<string, Value> = {};
    for (const [argument, wire] of Object.entries(kind.arguments)) {
      values[argument] = read(reader, wire, argument);
    }
    if (reader.remaining > 0) throw new HelperMessageError(`${reader.remaining} bytes are left over`, offset);
    return { name, ...values } as unknown as HelperMessage;
  } catch (error) {
    if (error instanceof BodyError) throw new HelperMessageError(error.message, offset);
    throw error;
  }
}

/** Octets of the u16 length before each message. */
const LENGTH_OCTETS = 2;

/**
 * Splits the helper's output, in chunks of any size, into messages. It holds at most one message, 65,537
 * octets.
 */
export class HelperMessageDecoder {
  readonly #buffer = new OctetBuffer();
  #offset = 0;

  /** Returns the messages that `chunk` completes. Throws HelperMessageError. */
  push(chunk: Uint8Array): HelperMessage[] {
    this.#buffer.append(chunk);
    const messages: HelperMessage[] = [];
    while (this.#buffer.length >= LENGTH_OCTETS) {
      const length = LENGTH_OCTETS + new OctetReader(this.#buffer.octets, 'little-endian').u16('length');
      if (length > this.#buffer.length) break;
      messages.push(decode(this.#buffer.take(length).subarray(LENGTH_OCTETS), this.#offset));
      this.#offset += length;
    }
    return messages;
  }

  /** Checks the end; call it where the output ends. Throws HelperMessageError within a message. */
  end(): void {
    if (this.#buffer.length > 0) throw new HelperMessageError('it is cut off', this.#offset);
  }
}

/** Encodes libxl's reply: an i32 of 4 octets. */
export function encodeReply(value: number): Uint8Array {
  const writer = new OctetWriter('little-endian');
  writer.u32(signed(value));
  return writer.written();
}

/** Decodes libxl's reply. Throws RangeError unless there are exactly 4 octets. */
export function decodeReply(octets: Uint8Array): number {
  if (octets.length !== 4) throw new RangeError(`a reply has 4 bytes, not ${octets.length}`);
  return new OctetReader(octets, 'little-endian').u32('reply') | 0;
}
