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
import {
  chosen,
  ControlError,
  decodeFields,
  DelimitedMessages,
  encodeDelimited,
} from './delimited-messages.js';

export { ControlError };

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
  return encodeDelimited(type, { [kind]: body });
}

function decode(type: protobuf.Type, oneof: string, octets: Uint8Array): { kind: string } {
  return chosen(decodeFields(type, oneof, octets), oneof);
}

/** Takes a connection's octets apart into messages, without their lengths. */
export class ControlFrames extends DelimitedMessages {
  constructor() {
    super(LONGEST_CONTROL_MESSAGE);
  }
}
