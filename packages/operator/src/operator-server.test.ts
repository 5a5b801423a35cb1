import { once } from 'node:events';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  decodeOperatorReply,
  encodeOperatorRequest,
  type MigrationEnd,
  OperatorFrames,
  type OperatorReply,
} from './wire/operator-protocol.js';
import { expect, onTestFinished, test } from 'vitest';
import { OperatorError } from './errors.js';
import { connectOperator, type OperatorClient } from './operator-client.js';
import { OperatorServer } from './operator-server.js';
import { migration, record, temporaryFolder } from './operator.test-support.js';

const kept: MigrationEnd = {
  outcome: 'keeps-running',
  exitStatus: 7,
  message: 'stopped by mig migrate-abort',
  advice: ['busy keeps running here.'],
  asBefore: true,
};

async function listening(folder = temporaryFolder(), timeout = 60_000) {
  const path = join(folder, '7.sock');
  const { migration: steered, done } = migration();
  steered.progress.onEvent({ kind: 'source-state', state: 'precopy' });
  const server = await OperatorServer.listen(path, steered, { timeout });
  let closed: Promise<void> | undefined;
  const close = (end?: MigrationEnd) => (closed ??= server.close(end));
  onTestFinished(() => close());
  return { path, server, steered, done, close };
}

async function operator(path: string): Promise<OperatorClient> {
  const client = await connectOperator(path);
  onTestFinished(() => client.close());
  return client;
}

/** Connects a raw socket, for arbitrary octets. */
async function bare(path: string): Promise<Socket> {
  const socket = connect(path);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function failure(promise: Promise<unknown>): Promise<OperatorError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (error instanceof OperatorError) return error;
  throw error;
}

test('a listener that closes before it has taken a connection is gone', async () => {
  const path = join(temporaryFolder(), 'socket');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const error = failure(connectOperator(path));
  server.close();
  expect((await error).code).toBe('gone');
});

test('the socket is for its owner alone, and gone when the server is', async () => {
  const { path, close } = await listening();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await close();
  expect(existsSync(path)).toBe(false);
  expect((await failure(connectOperator(path))).code).toBe('gone');
});

test('in a folder of any depth', async () => {
  const folder = join(temporaryFolder(), 'x'.repeat(120), 'y'.repeat(120));
  mkdirSync(folder, { recursive: true });
  const { path } = await listening(folder);
  const client = await operator(path);
  expect(await client.status()).toMatchObject({ ...record, phase: 'precopy' });
});

test('what is asked at once is answered, each to whom it belongs', async () => {
  const { path, done } = await listening();
  const client = await operator(path);
  const answers = await Promise.all([
    client.status(),
    client.set({ precopyIterations: 9 }),
    failure(client.switchover()),
    client.switchover({ now: true }),
    failure(client.set({ bandwidthAlways: true })),
  ]);
  expect(answers).toMatchObject([
    { domain: 'busy', course: { precopyIterations: 5 } },
    { precopyIterations: 9, precopyThreshold: 50 },
    { code: 'first-pass' },
    { course: { precopyIterations: 9 } },
    { code: 'bad-value' },
  ]);
  expect(done).toEqual([{ precopyIterations: 9 }, 'switchover']);
});

test('who watches sees what changes, and the end', async () => {
  const { path, server, steered, close } = await listening();
  const client = await operator(path);
  const watch = client.watch();
  expect((await watch.next()).value).toMatchObject({ phase: 'precopy' });
  steered.progress.onEvent({ kind: 'source-state', state: 'suspending' });
  server.news(true);
  expect((await watch.next()).value).toMatchObject({ phase: 'suspending' });
  steered.progress.onEvent({ kind: 'source-state', state: 'stop-and-copy' });
  server.news();
  expect((await watch.next()).value).toMatchObject({ phase: 'stop-and-copy' });
  void close(kept);
  expect(await watch.next()).toEqual({ done: true, value: kept });
});

test('a migration is held as long as the connection of its holder lives', async () => {
  const { path, done } = await listening();
  const [holder, other] = [await operator(path), await operator(path)];
  expect(await holder.hold(true)).toMatchObject({ domain: 'busy' });
  expect(await other.hold(false)).toMatchObject({ domain: 'busy' });
  expect(done).toEqual(['hold']);
  holder.close();
  await expect.poll(() => done).toEqual(['hold', 'let go']);
});

test('who aborts is told how it ended', async () => {
  const { path, done, close } = await listening();
  const client = await operator(path);
  const end = client.abort();
  // The answer to a later request shows that it has arrived.
  await client.status();
  expect(done).toEqual(['stop']);
  void close(kept);
  expect(await end).toEqual(kept);
});

test('where nobody knows how it ended, whoever waits hears that', async () => {
  const { path, close } = await listening();
  const client = await operator(path);
  const end = failure(client.abort());
  await client.status();
  await close();
  expect((await end).code).toBe('gone');
});

test('an operator that disappears is no trouble to others', async () => {
  const { path, server } = await listening();
  const leaving = await operator(path);
  const watch = leaving.watch();
  await watch.next();
  const staying = await operator(path);
  leaving.close();
  for (let news = 0; news < 10; news++) server.news(true);
  expect(await staying.status()).toMatchObject({ domain: 'busy' });
});

test('one that asks and never reads is dropped, and does not hold up the end', async () => {
  const { path, close } = await listening();
  const deaf = await bare(path);
  deaf.pause();
  const closed = once(deaf, 'close');
  deaf.on('error', () => undefined);
  const request = encodeOperatorRequest({ id: 1, kind: 'status' });
  const many = Buffer.concat(Array<Uint8Array>(10_000).fill(request));
  // Once the connection is closed, writing fails.
  const write = (): void => void deaf.write(many, (error) => (error ? deaf.destroy() : write()));
  write();
  await closed;
  const client = await operator(path);
  expect(await client.status()).toMatchObject({ domain: 'busy' });
  const silent = await bare(path);
  silent.pause();
  silent.write(encodeOperatorRequest({ id: 1, kind: 'watch' }));
  await client.status();
  await close(kept);
});

test('what is not understood is answered so; where boundaries are lost, that is the end', async () => {
  const { path } = await listening();
  const socket = await bare(path);
  const frames = new OperatorFrames();
  const replies: OperatorReply[] = [];
  socket.on('data', (octets: Buffer) => replies.push(...frames.push(octets).map(decodeOperatorReply)));
  const closed = once(socket, 'close');
  // A field of type Nothing; a request of another protocol; the length of a message far too long.
  socket.write(new Uint8Array([0]));
  socket.write(new Uint8Array([3, 0x9a, 0x06, 0x00]));
  while (replies.length < 2) await once(socket, 'data');
  socket.write(new Uint8Array([0xff, 0xff, 0xff, 0x7f]));
  await closed;
  expect(replies).toMatchObject(Array(3).fill({ id: 0, kind: 'error', code: 'bad-request' }));
});

/** Sends an octet again and again, until the other end has gone. */
function dribble(socket: Socket, octet: number): void {
  socket.on('error', () => undefined);
  const timer = setInterval(() => socket.write(Uint8Array.of(octet)), 20);
  socket.once('close', () => clearInterval(timer));
}

test.each([
  ['says nothing', () => undefined],
  // A hundred octets are announced.
  ['dribbles a request', (socket: Socket) => dribble(socket, 100)],
  [
    'has asked, and dribbles another',
    (socket: Socket) => {
      socket.resume().write(encodeOperatorRequest({ id: 1, kind: 'status' }));
      dribble(socket, 100);
    },
  ],
])('one that %s does not take up room for ever', async (_, what) => {
  const { path } = await listening(temporaryFolder(), 200);
  const socket = await bare(path);
  // Not by `once`, which an error of a late write would reject.
  const closed = new Promise((resolve) => socket.resume().once('close', resolve));
  what(socket);
  await closed;
});

test('one that has asked may be silent as long as it likes', async () => {
  const { path } = await listening(temporaryFolder(), 50);
  const client = await operator(path);
  const watch = await operator(path);
  const statuses = watch.watch();
  await statuses.next();
  await client.status();
  // A later connection that is closed for silence shows that the time is over for the earlier ones, too.
  await once((await bare(path)).resume(), 'close');
  expect(await client.status()).toMatchObject({ domain: 'busy' });
  expect(await watch.status()).toMatchObject({ domain: 'busy' });
});

test('an answer that comes octet by octet is not waited for either', async () => {
  const path = join(temporaryFolder(), '7.sock');
  const server = createServer((socket) => dribble(socket, 100)).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = await connectOperator(path, { timeout: 200 });
  onTestFinished(() => client.close());
  expect((await failure(client.status())).code).toBe('silent');
});

test('one that does not answer is not waited for', async () => {
  const path = join(temporaryFolder(), '7.sock');
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = await connectOperator(path, { timeout: 20 });
  onTestFinished(() => client.close());
  expect((await failure(client.status())).code).toBe('silent');
});
