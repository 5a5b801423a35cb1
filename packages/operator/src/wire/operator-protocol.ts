/**
 * The protocol between an operator and a running migration (proto/operator.proto).
 *
 *     operator  -> migration   1: watch
 *     migration -> operator    1: status { phase: "precopy", ... }, and so on
 *     operator  -> migration   2: abort
 *     migration -> operator    1: end { outcome: "keeps-running", exitStatus: 7, ... }
 *                              2: end { ... }
 */
import protobuf from 'protobufjs';
import {
  chosen,
  ControlError,
  decodeFields,
  DelimitedMessages,
  encodeDelimited,
} from '@mig/protocol/delimited-messages';
import {
  changeFromWire,
  changeOnWire,
  cut,
  endFromWire,
  settingsFromWire,
  settingsOnWire,
  statusFromWire,
  statusOnWire,
} from './values.js';
import { operatorSchema } from './schema.js';
import { quoted } from '@mig/protocol/terminal-text';
import {
  operatorErrorCodes,
  type OperatorErrorCode,
  type OperatorReply,
  type OperatorRequest,
} from './messages.js';

export { ControlError };
export * from './messages.js';

export { LONGEST_OPERATOR_TEXT, settingsOnWire } from './values.js';

/** Most octets of one message. */
export const LONGEST_OPERATOR_MESSAGE = 64 << 10;

const schema = protobuf.parse(operatorSchema).root;
const requests = schema.lookupType('mig.operator.Request');
const replies = schema.lookupType('mig.operator.Reply');

/** Encodes a request, with its length before it. */
export function encodeOperatorRequest({ id, ...request }: OperatorRequest): Uint8Array {
  const { kind, ...body } = request.kind === 'set' ? changeOnWire(request.change) : request;
  return encodeDelimited(requests, { id, [kind]: body });
}

/**
 * @param octets without the length
 * @throws ControlError `malformed`, `unknown`
 */
export function decodeOperatorRequest(octets: Uint8Array): OperatorRequest {
  const fields = decodeFields(requests, 'request', octets);
  const request = chosen(fields, 'request');
  const change = request.kind === 'set' ? { kind: 'set', change: changeFromWire(request) } : request;
  return { id: fields['id'], ...change } as OperatorRequest;
}

/** Encodes a reply, with its length before it. */
export function encodeOperatorReply({ id, ...reply }: OperatorReply): Uint8Array {
  switch (reply.kind) {
    case 'status':
      return encodeDelimited(replies, { id, status: statusOnWire(reply.status) });
    case 'course':
      return encodeDelimited(replies, { id, course: settingsOnWire(reply.course) });
    case 'end':
      return encodeDelimited(replies, { id, end: cut(reply.end) });
    case 'error':
      return encodeDelimited(replies, { id, error: { code: reply.code, message: cut(reply.message) } });
  }
}

/**
 * @param octets without the length
 * @throws ControlError `malformed`, `unknown`
 */
export function decodeOperatorReply(octets: Uint8Array): OperatorReply {
  const fields = decodeFields(replies, 'reply', octets);
  const { kind, ...body } = chosen(fields, 'reply');
  const id = fields['id'] as number;
  switch (kind as OperatorReply['kind']) {
    case 'status':
      return { id, kind: 'status', status: statusFromWire(body) };
    case 'course':
      return { id, kind: 'course', course: settingsFromWire(body) };
    case 'end':
      return { id, kind: 'end', end: endFromWire(body) };
    case 'error': {
      const { code, message } = body as unknown as { code: OperatorErrorCode; message: string };
      if (!operatorErrorCodes.includes(code))
        throw new ControlError('unknown', `no error is called ${quoted(code)}`);
      return { id, kind: 'error', code, message };
    }
  }
}

/** Splits a connection's octets into messages, without their lengths. */
export class OperatorFrames extends DelimitedMessages {
  constructor() {
    super(LONGEST_OPERATOR_MESSAGE);
  }
}
