import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { controlSchema } from './control-schema.js';
import {
  ControlError,
  ControlFrames,
  type ControlReply,
  type ControlRequest,
  decodeControlReply,
  decodeControlRequest,
  encodeControlReply,
  encodeControlRequest,
  LONGEST_CONTROL_MESSAGE,
} from './control-messages.js';
import { failure as failureOf } from '../../../channel/src/failure.test-support.js';

const ram = { descriptor: 21, address: 0x7f1234567000, length: 2 ** 32 };
const state = {
  paused: true,
  suspended: false,
  crashed: false,
  logDirty: true,
  cpuSeconds: 1.5,
  ram,
  name: 'busy--migratedaway',
  standing: 'away' as const,
  epoch: 2 ** 52,
  sentTo: 'host2',
  wasPaused: false,
};

const requests: ControlRequest[] = [
  { kind: 'state' },
  { kind: 'hold' },
  { kind: 'release' },
  ...(['pause', 'unpause', 'destroy', 'context'] as const).map((kind) => ({ kind, epoch: 2 ** 48 + 1 })),
  { kind: 'resume', epoch: 0, force: true },
  { kind: 'rename', epoch: 3, name: 'other' },
  { kind: 'take', purpose: 'migration', pid: 123, to: 'host2', epoch: 6 },
  { kind: 'sendAway', epoch: 4, name: 'busy--migratedaway', sentTo: 'host2' },
  { kind: 'takeBack', epoch: 5, paused: true },
  { kind: 'start', name: 'busy', paused: false },
  { kind: 'suspend', timeoutMilliseconds: 60_000 },
  { kind: 'setLogDirty', enabled: true },
  { kind: 'setLogDirty', enabled: false },
  { kind: 'adopt', octets: new Uint8Array([1, 2, 3]) },
];
const replies: ControlReply[] = [
  { kind: 'done', epoch: 9 },
  { kind: 'error', code: 'wrong-state', message: 'the guest is not suspended' },
  { kind: 'state', ...state },
  { kind: 'context', octets: new Uint8Array(300) },
];

const failure = (action: () => unknown) => failureOf(action, ControlError);

function unframed(octets: Uint8Array): Uint8Array {
  const messages = new ControlFrames().push(octets);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

/**
 * Turns Buffers into plain Uint8Arrays: under Node blobs are Buffers, with the same octets but another
 * prototype.
 */
function plain<T extends object>(message: T): T {
  return 'octets' in message
    ? { ...message, octets: Uint8Array.from(message.octets as Uint8Array) }
    : message;
}

describe('the control protocol', () => {
  it.each(requests.map((request) => [request.kind, request] as const))(
    'carries the request %s',
    (_, request) => {
      for (const deadline of [0, 2 ** 45]) {
        const encoded = encodeControlRequest({ ...request, deadline });
        expect(plain(decodeControlRequest(unframed(encoded)))).toEqual({ ...request, deadline });
      }
    },
  );

  it.each(replies.map((reply) => [reply.kind, reply] as const))('carries the reply %s', (_, reply) => {
    expect(plain(decodeControlReply(unframed(encodeControlReply(reply))))).toEqual(reply);
  });

  it('finds messages however they are cut', () => {
    const stream = Uint8Array.from(replies.flatMap((reply) => [...encodeControlReply(reply)]));
    for (const size of [1, 2, 7, stream.length]) {
      const frames = new ControlFrames();
      const found: ControlReply[] = [];
      for (let at = 0; at < stream.length; at += size) {
        for (const message of frames.push(stream.subarray(at, at + size)))
          found.push(decodeControlReply(message));
      }
      expect(found.map(plain)).toEqual(replies);
    }
  });

  it('refuses what it does not know', () => {
    expect(failure(() => decodeControlRequest(new Uint8Array())).code).toBe('unknown');
    // Field 99, of type Nothing: a request of a later version.
    expect(failure(() => decodeControlRequest(new Uint8Array([0x9a, 0x06, 0x00]))).code).toBe('unknown');
  });

  it('refuses what is not a message, and lives on', () => {
    const error = failure(() => decodeControlRequest(new Uint8Array([0x0a, 0x05, 0x01])));
    expect(error.code).toBe('malformed');
    expect(error.fatal).toBe(false);
  });

  it('refuses a length before it believes it', () => {
    const length = new Uint8Array([0x81, 0x80, 0x80, 0x10]);
    expect(LONGEST_CONTROL_MESSAGE).toBeLessThan(1 + 2 ** 25);
    const error = failure(() => new ControlFrames().push(length));
    expect(error.code).toBe('too-long');
    expect(error.fatal).toBe(true);
    expect(failure(() => new ControlFrames().push(new Uint8Array(9).fill(0x80))).code).toBe('too-long');
  });

  it('is what the shipped .proto says', () => {
    const shipped = readFileSync(new URL('../../proto/control.proto', import.meta.url), 'utf8');
    expect(controlSchema.trim()).toContain(shipped.trim());
  });
});
