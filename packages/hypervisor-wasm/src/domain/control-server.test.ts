import { connectUnix, Input, Output } from '@mig/posix';
import { ControlFrames, decodeControlReply, encodeControlRequest } from '@mig/protocol/control';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationOf, domainFolder, openHost } from '../hosts.test-support.js';

function connect() {
  const test = openHost();
  const domid = test.host.create(configurationOf('one', 'idle'), { paused: true });
  const fd = connectUnix(join(domainFolder(test, domid), 'control.sock'));
  const patience = { what: 'no reply', milliseconds: 10_000 };
  const output = new Output(fd, { subject: 'control', patience });
  const input = new Input(fd, { subject: 'control', patience });
  const frames = new ControlFrames();
  const octets = new Uint8Array(4096);
  /** @returns the next replies; none at the end */
  const receive = () => {
    const count = input.readSome(octets);
    return frames.push(octets.subarray(0, count)).map(decodeControlReply);
  };
  return {
    ...test,
    domid,
    send: (message: number[]) => output.write(Uint8Array.from(message)),
    receive,
    input,
  };
}

const GET_STATE = [...encodeControlRequest({ kind: 'state' })];

describe('the process of a domain', () => {
  it.each([
    ['a request it does not know', [3, 0x9a, 0x06, 0x00]],
    ['what is no message', [3, 0x0a, 0x05, 0x01]],
    ['an empty message', [0]],
  ])('answers %s with an error, and goes on', (_, message) => {
    const { send, receive, input, host, domid } = connect();
    send(message);
    expect(receive()).toMatchObject([{ kind: 'error', code: 'bad-request' }]);
    send(GET_STATE);
    expect(receive()).toMatchObject([{ kind: 'state', paused: true }]);
    expect(host.describe(domid).state.crashed).toBe(false);
    input.close();
  });

  it('answers in order', () => {
    const { send, input, receive } = connect();
    const suspend = [...encodeControlRequest({ kind: 'suspend', timeoutMilliseconds: 1000 })];
    send([...suspend, ...GET_STATE, ...suspend, ...GET_STATE]);
    const replies = [];
    while (replies.length < 4) replies.push(...receive());
    expect(replies).toMatchObject([
      { kind: 'done' },
      { kind: 'state', suspended: true },
      { kind: 'error', code: 'wrong-state' },
      { kind: 'state', suspended: true },
    ]);
    input.close();
  });

  it('hangs up where it cannot tell messages apart, and goes on', () => {
    const { send, receive, input, host, domid } = connect();
    send([0xff, 0xff, 0xff, 0xff, 0x7f]);
    expect(receive()).toMatchObject([{ kind: 'error', code: 'bad-request' }]);
    expect(receive()).toEqual([]);
    input.close();
    expect(host.describe(domid).state.paused).toBe(true);
  });
});
