import { connectUnix, Input, Output } from '@mig/posix';
import {
  ControlFrames,
  type ControlRequest,
  decodeControlReply,
  encodeControlRequest,
} from '../control/control-messages.js';
import { isHeld } from '@mig/protocol/handshake';
import { once } from 'node:events';
import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configurationOf, domainFolder, openHost, pidOf, UNTIL } from '../hosts.test-support.js';
import { identityOf } from '../process-identity.js';
import { ControlServer } from './control-server.js';
import type { HostFolder } from '../host-folder.js';
import type { Domain } from './domain.js';
import { Owner } from './owner.js';

function connect() {
  const test = openHost();
  const domid = test.host.create(configurationOf('one', 'idle'), { paused: true });
  const fd = connectUnix(join(domainFolder(test, domid), 'control.sock'));
  const timeout = { what: 'no reply', milliseconds: UNTIL.timeout };
  const output = new Output(fd, { subject: 'control', timeout });
  const input = new Input(fd, { subject: 'control', timeout });
  const frames = new ControlFrames();
  const octets = new Uint8Array(4096);
  /** @returns the next replies; empty at the end */
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
    const [take, suspend] = [TAKE, SUSPEND].map((request) => [...encodeControlRequest(request)]);
    send([...take!, ...suspend!, ...GET_STATE, ...suspend!, ...GET_STATE]);
    const replies = [];
    while (replies.length < 5) replies.push(...receive());
    expect(replies).toMatchObject([
      { kind: 'done' },
      { kind: 'done' },
      { kind: 'state', suspended: true, standing: 'suspended' },
      { kind: 'error', code: 'not-holder' },
      { kind: 'state', suspended: true },
    ]);
    input.close();
  });

  it('hangs up on one who asks without end, and goes on', () => {
    const { send, receive, input, host, domid } = connect();
    send(new Array(2000).fill(GET_STATE).flat() as number[]);
    let replies = 0;
    const hungUp = () => {
      try {
        const some = receive().length;
        replies += some;
        return some === 0;
      } catch (error) {
        // Requests were not read.
        return (error as { code?: string }).code === 'ECONNRESET';
      }
    };
    while (!hungUp());
    expect(replies).toBeLessThan(2000);
    expect(host.describe(domid).state.crashed).toBe(false);
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

describe('a request', () => {
  it('that nobody waits for any more is not done', () => {
    const { send, receive, input, host, domid } = connect();
    // A time long past.
    send([...encodeControlRequest({ kind: 'unpause', epoch: 0, deadline: 1 })]);
    expect(receive()).toMatchObject([{ kind: 'error', code: 'stale' }]);
    expect(host.describe(domid).state.paused).toBe(true);
    input.close();
  });

  it('to end is done at once, whether or not its sender hears of it', async () => {
    const test = connect();
    const { send, receive, input, host, domid } = test;
    const pid = pidOf(test, domid);
    send([...encodeControlRequest({ kind: 'destroy', epoch: 0 })]);
    expect(receive()).toMatchObject([{ kind: 'done' }]);
    // The connection stays open.
    await vi.waitFor(() => expect(identityOf(pid)).toBeUndefined(), UNTIL);
    expect(host.list()).toEqual([]);
    input.close();
  });

  it('that follows the end is refused', async () => {
    const { owner, holder, connectTo } = await serve();
    owner.become('gone');
    for (const request of [{ kind: 'state' }, SUSPEND, PAUSE] as const) {
      const socket = request === SUSPEND ? holder : await connectTo();
      socket.write(encodeControlRequest(request));
      const [octets] = (await once(socket, 'data')) as [Buffer];
      expect(new ControlFrames().push(octets).map(decodeControlReply)).toMatchObject([
        { kind: 'error', code: 'domain-died', message: 'one has been destroyed' },
      ]);
      socket.destroy();
    }
  });
});

const TAKE: ControlRequest = { kind: 'take', purpose: 'migration', pid: 1, to: 'host2', epoch: 0 };
const SUSPEND: ControlRequest = { kind: 'suspend', timeoutMilliseconds: 1000 };
const PAUSE: ControlRequest = { kind: 'pause', epoch: 0 };
const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

/** Serves a domain that a connection holds. */
async function serve(suspending: Promise<void> = Promise.resolve()) {
  const folder = mkdtempSync(join(tmpdir(), 'mig-control-'));
  folders.push(folder);
  const path = join(folder, 'socket');
  const changes: string[] = [];
  const domain = {
    state: { crashed: false },
    endLog: () => {},
    change: async (event: string) => {
      changes.push(event);
      if (event === 'suspend') await suspending;
    },
  };
  const owner = new Owner(NO_FOLDER, 1, { name: 'one', incoming: false });
  const end = () => {
    throw new Error('nothing here ends the domain');
  };
  await new ControlServer(domain as unknown as Domain, owner, end).listen(path);
  const connectTo = async () => {
    const socket = createConnection(path);
    await once(socket, 'connect');
    return socket;
  };
  const holder = await connectTo();
  await ask(holder, TAKE);
  const released = () => vi.waitFor(() => expect(isHeld(owner.state.standing)).toBe(false), UNTIL);
  return { changes, owner, released, holder, connectTo, path };
}

/** A host folder that no request here touches. */
const NO_FOLDER = {} as unknown as HostFolder;

async function ask(socket: Socket, request: ControlRequest) {
  socket.write(encodeControlRequest(request));
  const [octets] = (await once(socket, 'data')) as [Buffer];
  expect(new ControlFrames().push(octets).map(decodeControlReply)).not.toMatchObject([{ kind: 'error' }]);
}

describe('a suspend whose toolstack is gone', () => {
  it('is taken back where that has not shown that it knows', async () => {
    const { changes, owner, released, holder } = await serve();
    await ask(holder, SUSPEND);
    holder.destroy();
    await released();
    expect(changes).toEqual(['suspend', 'resume']);
    expect(owner.state.standing).toBe('free');
  });

  it('is taken back where that was gone already', async () => {
    let suspended!: () => void;
    const { changes, released, holder, connectTo } = await serve(
      new Promise((resolve) => (suspended = resolve)),
    );
    holder.write(encodeControlRequest(SUSPEND));
    await vi.waitFor(() => expect(changes).toEqual(['suspend']), UNTIL);
    holder.destroy();
    await once(holder, 'close');
    suspended();
    await released();
    await ask(await connectTo(), PAUSE);
    expect(changes.filter((change) => change !== 'pause')).toEqual(['suspend', 'resume']);
  });

  it('is not begun for one that has gone by the time it is read', async () => {
    const { changes, owner, released, holder, path } = await serve();
    await ask(holder, { kind: 'release' });
    // A descriptor, not a stream: its last octets and its end are there at once, as those of a process that
    // has ended are.
    const fd = connectUnix(path);
    writeSync(fd, encodeControlRequest(TAKE));
    await vi.waitFor(() => expect(isHeld(owner.state.standing)).toBe(true), UNTIL);
    writeSync(fd, encodeControlRequest(SUSPEND));
    closeSync(fd);
    await released();
    expect(changes).toEqual([]);
    expect(owner.state.standing).toBe('free');
    holder.destroy();
  });

  it('stays where that has asked for something since', async () => {
    const { changes, owner, released, holder } = await serve();
    await ask(holder, SUSPEND);
    await ask(holder, { kind: 'setLogDirty', enabled: false });
    holder.destroy();
    await released();
    expect(changes).toEqual(['suspend']);
    expect(owner.state.standing).toBe('abandoned');
  });

  it('is not resumed by others meanwhile', async () => {
    const { owner, holder, connectTo } = await serve();
    await ask(holder, SUSPEND);
    const other = await connectTo();
    other.write(encodeControlRequest({ kind: 'resume', epoch: 0, force: true }));
    const [octets] = (await once(other, 'data')) as [Buffer];
    expect(new ControlFrames().push(octets).map(decodeControlReply)).toMatchObject([
      {
        kind: 'error',
        code: 'held',
        message: expect.stringMatching(/^one is being migrated by process 1: /) as string,
      },
    ]);
    expect(owner.state.standing).toBe('suspended');
    holder.destroy();
    other.destroy();
  });
});
