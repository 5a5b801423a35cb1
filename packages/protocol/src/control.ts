/**
 * The control protocol between a toolstack and a domain of the embedded hypervisor (proto/control.proto):
 * requests and replies, each preceded by its length as a varint.
 *
 *     toolstack -> domain   suspend { timeoutMilliseconds: 60000 }
 *     domain -> toolstack   done
 *     toolstack -> domain   context
 *     domain -> toolstack   context { octets }
 */
import protobuf from 'protobufjs';
import { controlSchema } from './control-schema.js';

/** Octets of one message: a context carries a guest's program. */
export const LONGEST_CONTROL_MESSAGE = 32 << 20;

type PlainRequest = 'pause' | 'unpause' | 'resume' | 'state' | 'destroy' | 'context' | 'hold' | 'release';

export type ControlRequest =
  | { readonly [K in PlainRequest]: { readonly kind: K } }[PlainRequest]
  | { readonly kind: 'suspend'; readonly timeoutMilliseconds: number }
  | { readonly kind: 'setLogDirty'; readonly enabled: boolean }
  | { readonly kind: 'adopt'; readonly octets: Uint8Array };

export const controlErrorCodes = [
  'bad-request',
  'wrong-state',
  'suspend-refused',
  'not-live-migratable',
  'bad-guest',
  'unavailable',
] as const;
export type ControlErrorCode = (typeof controlErrorCodes)[number];

export interface ControlState {
  readonly paused: boolean;
  readonly suspended: boolean;
  readonly crashed: boolean;
  readonly incoming: boolean;
  readonly logDirty: boolean;
  readonly cpuSeconds: number;
  readonly ram: { readonly descriptor: number; readonly address: number; readonly length: number };
}

export type ControlReply =
  | { readonly kind: 'done' }
  | { readonly kind: 'error'; readonly code: ControlErrorCode; readonly message: string }
  | ({ readonly kind: 'state' } & ControlState)
  | { readonly kind: 'context'; readonly octets: Uint8Array };

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

const schema = protobuf.parse(controlSchema).root;
const requests = schema.lookupType('mig.control.Request');
const replies = schema.lookupType('mig.control.Reply');

/** The message with its length before it. */
export function encodeControlRequest(request: ControlRequest): Uint8Array {
  return encode(requests, request);
}

/** @param octets without the length */
export function decodeControlRequest(octets: Uint8Array): ControlRequest {
  return decode(requests, 'request', octets) as ControlRequest;
}

/** The message with its length before it. */
export function encodeControlReply(reply: ControlReply): Uint8Array {
  return encode(replies, reply);
}

/** @param octets without the length */
export function decodeControlReply(octets: Uint8Array): ControlReply {
  const reply = decode(replies, 'reply', octets) as ControlReply;
  if (reply.kind === 'error' && !controlErrorCodes.includes(reply.code)) {
    throw new ControlError('unknown', `no error is called ${reply.code}`);
  }
  if (reply.kind === 'state' && (reply.ram as unknown) === null) {
    throw new ControlError('malformed', 'a state without its RAM');
  }
  return reply;
}

function encode(type: protobuf.Type, message: { readonly kind: string }): Uint8Array {
  const { kind, ...body } = message;
  return type.encodeDelimited(type.fromObject({ [kind]: body })).finish();
}

function decode(type: protobuf.Type, oneof: string, octets: Uint8Array): { kind: string } {
  let message: Record<string, unknown>;
  try {
    message = type.toObject(type.decode(octets), { longs: Number, defaults: true, oneofs: true });
  } catch (error) {
    throw new ControlError('malformed', `not a control ${oneof}`, { cause: error });
  }
  const kind = message[oneof];
  if (typeof kind !== 'string') throw new ControlError('unknown', `an unknown control ${oneof}`);
  return { kind, ...(message[kind] as object) };
}

/** Takes a connection's octets apart into messages, without their lengths. */
export class ControlFrames {
  #buffer = new Uint8Array(4096);
  #length = 0;

  /**
   * @returns the messages that are complete now
   * @throws ControlError `too-long`, after which the connection is of no more use
   */
  push(octets: Uint8Array): Uint8Array[] {
    this.#append(octets);
    const messages: Uint8Array[] = [];
    let at = 0;
    for (;;) {
      const length = varint(this.#buffer.subarray(at, this.#length));
      if (length === undefined || at + length.octets + length.value > this.#length) break;
      const start = at + length.octets;
      at = start + length.value;
      messages.push(this.#buffer.slice(start, at));
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
    return messages;
  }

  /** Grows with what arrives, not with what was announced. */
  #append(octets: Uint8Array): void {
    const length = this.#length + octets.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(length * 2);
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(octets, this.#length);
    this.#length = length;
  }
}

function varint(octets: Uint8Array): { value: number; octets: number } | undefined {
  let value = 0;
  for (let at = 0; at < octets.length; at++) {
    const octet = octets[at]!;
    value += (octet & 0x7f) * 2 ** (7 * at);
    if (value > LONGEST_CONTROL_MESSAGE || at > 4) {
      throw new ControlError('too-long', `a control message of more than ${LONGEST_CONTROL_MESSAGE} octets`);
    }
    if (octet < 0x80) return { value, octets: at + 1 };
  }
  return undefined;
}
