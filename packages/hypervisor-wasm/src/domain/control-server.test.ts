import { connectUnix, Input, Output } from '@mig/posix';
import {
  ControlFrames,
  type ControlRequest,
  decodeControlReply,
  encodeControlRequest,
} from '@mig/protocol/control';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { configurationOf, domainFolder, openHost } from '../hosts.test-support.js';
import { ControlServer } from './control-server.js';
import type { Domain } from './domain.js';

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

const SUSPEND: ControlRequest = { kind: 'suspend', timeoutMilliseconds: 1000 };
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** A server of which a connection that holds the domain shows when it is gone. */
async function serve(suspending: Promise<void> = Promise.resolve()) {
  const folder = mkdtempSync(join(tmpdir(), 'mig-control-'));
  folders.push(folder);
  const path = join(folder, 'socket');
  const changes: string[] = [];
  const domain = {
    change: async (event: string) => {
      changes.push(event);
      if (event === 'suspend') await suspending;
    },
  };
  let end!: () => void;
  const gone = new Promise<void>((resolve) => (end = resolve));
  await new ControlServer(domain as unknown as Domain, end).listen(path);
  const connectTo = async () => {
    const socket = createConnection(path);
    await once(socket, 'connect');
    return socket;
  };
  const holder = await connectTo();
  await ask(holder, { kind: 'hold' });
  return { changes, gone, holder, connectTo };
}

async function ask(socket: Socket, request: ControlRequest) {
  socket.write(encodeControlRequest(request));
  const [octets] = (await once(socket, 'data')) as [Buffer];
  expect(new ControlFrames().push(octets).map(decodeControlReply)).toEqual([{ kind: 'done' }]);
}

describe('a suspend whose toolstack is gone', () => {
  it('is taken back where that has not shown that it knows', async () => {
    const { changes, gone, holder, connectTo } = await serve();
    await ask(holder, SUSPEND);
    holder.destroy();
    await gone;
    await ask(await connectTo(), { kind: 'pause' });
    expect(changes).toEqual(['suspend', 'resume', 'pause']);
  });

  it('is taken back where that was gone already', async () => {
    let suspended!: () => void;
    const { changes, gone, holder, connectTo } = await serve(new Promise((resolve) => (suspended = resolve)));
    // What was sent along with it shows nothing.
    holder.write(Buffer.concat([SUSPEND, { kind: 'release' } as const].map(encodeControlRequest)));
    holder.destroySoon();
    await gone;
    suspended();
    await ask(await connectTo(), { kind: 'pause' });
    await ask(await connectTo(), { kind: 'pause' });
    expect(changes).toEqual(['suspend', 'resume', 'pause', 'pause']);
  });

  it('stays where that has asked for something since', async () => {
    const { changes, gone, holder, connectTo } = await serve();
    await ask(holder, SUSPEND);
    await ask(holder, { kind: 'hold' });
    holder.destroy();
    await gone;
    await ask(await connectTo(), { kind: 'pause' });
    expect(changes).toEqual(['suspend', 'pause']);
  });

  it("is not mixed up with another toolstack's", async () => {
    const { changes, gone, holder, connectTo } = await serve();
    await ask(holder, SUSPEND);
    const other = await connectTo();
    await ask(other, { kind: 'resume' });
    await ask(other, SUSPEND);
    holder.destroy();
    await gone;
    await ask(other, { kind: 'pause' });
    expect(changes).toEqual(['suspend', 'resume', 'suspend', 'pause']);
  });
});
