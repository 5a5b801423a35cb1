/**
 * The control protocol between a toolstack and a domain of the embedded hypervisor (proto/control.proto):
 * requests and replies, each preceded by its length as a varint.
 *
 *     toolstack -> domain   take { purpose: 'migration', pid: 123, to: 'host2' }
 *     domain -> toolstack   done { epoch: 7 }
 *     toolstack -> domain   suspend { timeoutMilliseconds: 60000 }
 *     domain -> toolstack   done { epoch: 8 }
 *     toolstack -> domain   context { epoch: 8 }
 *     domain -> toolstack   context { octets }
 *
 * The process of a domain lives as long as the domain, so that a toolstack of another version may speak with it: the rule of
 * versions stands at the top of the .proto.
 */
import protobuf from 'protobufjs';
import { type Standing, standings } from '@mig/protocol/handshake';
import { controlSchema } from './control-schema.js';
import { quoted } from '@mig/protocol/terminal-text';
import {
  chosen,
  ControlError,
  decodeFields,
  DelimitedMessages,
  encodeDelimited,
} from '@mig/protocol/delimited-messages';

export { ControlError };

/**
 * Most octets of a message: a context carries a guest's program, which has at most 16 MiB, and little else.
 */
export const LONGEST_CONTROL_MESSAGE = 18 << 20;

/** The epoch that the sender saw; 0 if it saw none. See ownership.ts of @mig/protocol. */
interface Seen {
  readonly epoch: number;
}

export type ControlRequest =
  | { readonly kind: 'state' }
  | { readonly kind: 'hold' }
  | { readonly kind: 'release' }
  | ({ readonly kind: 'pause' } & Seen)
  | ({ readonly kind: 'unpause' } & Seen)
  | ({ readonly kind: 'destroy' } & Seen)
  | ({ readonly kind: 'context' } & Seen)
  | ({ readonly kind: 'resume'; readonly force: boolean } & Seen)
  | ({ readonly kind: 'rename'; readonly name: string } & Seen)
  | ({
      readonly kind: 'take';
      readonly purpose: 'migration' | 'save';
      readonly pid: number;
      readonly to: string;
    } & Seen)
  | { readonly kind: 'suspend'; readonly timeoutMilliseconds: number }
  | ({ readonly kind: 'sendAway'; readonly name: string; readonly sentTo: string } & Seen)
  | ({ readonly kind: 'takeBack'; readonly paused: boolean } & Seen)
  | { readonly kind: 'setLogDirty'; readonly enabled: boolean }
  | { readonly kind: 'adopt'; readonly octets: Uint8Array }
  | { readonly kind: 'start'; readonly name: string; readonly paused: boolean };

export interface Deadline {
  /**
   * Milliseconds since 1970 after which the sender no longer waits for the request, which is then dropped; 0
   * for no limit.
   */
  readonly deadline: number;
}

export const controlErrorCodes = [
  'bad-request',
  'wrong-state',
  'held',
  'sent-away',
  'arriving',
  'not-holder',
  'stale',
  'name-taken',
  'uuid-taken',
  'domain-died',
  'suspend-refused',
  'not-live-migratable',
  'bad-configuration',
  'bad-guest',
  'unavailable',
] as const;
export type ControlErrorCode = (typeof controlErrorCodes)[number];

export interface ControlState {
  readonly paused: boolean;
  readonly suspended: boolean;
  readonly crashed: boolean;
  readonly logDirty: boolean;
  readonly cpuSeconds: number;
  readonly name: string;
  readonly standing: Standing;
  readonly epoch: number;
  /** The destination to which it was sent; empty if it was not. */
  readonly sentTo: string;
  /** Whether an incoming domain was paused at its source. */
  readonly wasPaused: boolean;
  readonly ram: { readonly descriptor: number; readonly address: number; readonly length: number };
}

export type ControlReply =
  | { readonly kind: 'done'; readonly epoch: number }
  | { readonly kind: 'error'; readonly code: ControlErrorCode; readonly message: string }
  | ({ readonly kind: 'state' } & ControlState)
  | { readonly kind: 'context'; readonly octets: Uint8Array };

const schema = protobuf.parse(controlSchema).root;
const requests = schema.lookupType('mig.control.Request');
const replies = schema.lookupType('mig.control.Reply');

/** Encodes a request behind its length. */
export function encodeControlRequest({
  deadline = 0,
  ...request
}: ControlRequest & Partial<Deadline>): Uint8Array {
  const { kind, ...body } = request;
  return encodeDelimited(requests, { [kind]: body, deadline });
}

/** Decodes a request. @param octets without the length */
export function decodeControlRequest(octets: Uint8Array): ControlRequest & Deadline {
  const fields = decodeFields(requests, 'request', octets);
  const request = chosen(fields, 'request') as ControlRequest;
  if (request.kind === 'take' && !['migration', 'save'].includes(request.purpose)) {
    throw new ControlError('unknown', `nothing is taken for a ${quoted(request.purpose)}`);
  }
  return { ...request, deadline: fields['deadline'] as number };
}

/** Encodes a reply behind its length. */
export function encodeControlReply(reply: ControlReply): Uint8Array {
  return encode(replies, reply);
}

/** Decodes a reply. @param octets without the length */
export function decodeControlReply(octets: Uint8Array): ControlReply {
  const reply = decode(replies, 'reply', octets) as ControlReply;
  if (reply.kind === 'error' && !controlErrorCodes.includes(reply.code)) {
    throw new ControlError('unknown', `no error is called ${quoted(reply.code)}`);
  }
  if (reply.kind === 'state' && (reply.ram as unknown) === null) {
    throw new ControlError('malformed', 'a state without its RAM');
  }
  if (reply.kind === 'state' && !standings.includes(reply.standing)) {
    throw new ControlError('unknown', `no standing is called ${quoted(reply.standing)}`);
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

/** Splits a connection's octets into messages, without their lengths. */
export class ControlFrames extends DelimitedMessages {
  constructor() {
    super(LONGEST_CONTROL_MESSAGE);
  }
}
