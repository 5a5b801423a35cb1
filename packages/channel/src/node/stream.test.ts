/** Tests of streams of this thread, written and read by a blocking one. */
import { createServer, Socket } from 'node:net';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import type { SharedStream } from './mailbox.js';
import { shareReadable, shareWritable, WINDOW } from './pump.js';

const workers: Worker[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

const PRELUDE = `
  const { parentPort, workerData: { library, source: from, sink: to, data } } = require('node:worker_threads');
  const say = (what) => parentPort.postMessage(what);
  Promise.all(['index.js', 'node/index.js'].map((path) => import(library + path))).then((parts) => {
    const channel = Object.assign({}, ...parts);
    const source = from && new channel.StreamSource(from, { subject: 'the stream' });
    const sink = to && new channel.StreamSink(to, { subject: 'the stream' });
    const { name, message, ...rest } = (() => { try { return { name: 'none', answer: work(channel, source, sink) } } catch (error) { return error } })();
    say({ name, message, ...rest });
  });
`;

/** Runs `work`, the source text of a function, in a worker. @returns what it returned, or how it failed */
function blocking(
  work: string,
  streams: { source?: SharedStream; sink?: SharedStream; data?: unknown },
): { worker: Worker; said: Promise<Record<string, unknown>> } {
  const library = new URL('../../dist/', import.meta.url).href;
  const transferList = [streams.source, streams.sink].flatMap((shared) => (shared ? [shared.port] : []));
  const code = `${PRELUDE}\nfunction work(channel, source, sink) { ${work} }`;
  const worker = new Worker(code, { eval: true, workerData: { library, ...streams }, transferList });
  workers.push(worker);
  const said = once(worker, 'message').then(([message]) => message as Record<string, unknown>);
  return { worker, said };
}

function counting(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => i + (i >> 8) + (i >> 16)));
}

describe('a readable stream', () => {
  test('is read to its end, and as it was, by one that blocks', async () => {
    const sent = counting(3 * WINDOW + 17);
    const pieces = [sent.subarray(0, 1), sent.subarray(1, 1 + 2 * WINDOW), sent.subarray(1 + 2 * WINDOW)];
    const { said } = blocking(
      `const all = source.read(${sent.length});
       return { all, octets: source.octets, then: [source.readSome(new Uint8Array(1)), source.readSome(new Uint8Array(1))] };`,
      { source: shareReadable(Readable.from(pieces)) },
    );
    const { answer } = (await said) as {
      answer: { all: Uint8Array; octets: number; then: number[] };
    };
    expect(Buffer.compare(answer.all, sent)).toBe(0);
    expect([answer.octets, ...answer.then]).toEqual([sent.length, 0, 0]);
  });

  test('tells without waiting whether octets have arrived, or the end', async () => {
    const { said } = blocking(
      `const wait = () => { while (!source.hasArrived()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); };
       wait();
       const octets = source.read(2);
       const left = source.hasArrived();
       source.read(1);
       wait();
       return { octets, left, end: [source.readSome(new Uint8Array(1)), source.hasArrived()] };`,
      { source: shareReadable(Readable.from([Buffer.of(1, 2, 3)])) },
    );
    expect((await said)['answer']).toEqual({ octets: Uint8Array.of(1, 2), left: true, end: [0, true] });
  });

  test('that is silent has nothing that has arrived', async () => {
    const silent = new PassThrough();
    const { said } = blocking('return source.hasArrived();', { source: shareReadable(silent) });
    expect((await said)['answer']).toBe(false);
    silent.destroy();
  });

  test('is read no further than the other keeps up with', async () => {
    let asked = 0;
    const stream = new Readable({
      highWaterMark: 1,
      read() {
        asked++;
        this.push(Buffer.alloc(WINDOW / 4));
      },
    });
    const { said, worker } = blocking(
      `source.read(1); Atomics.wait(new Int32Array(data), 0, 0); return source.read(3 * ${WINDOW}).length;`,
      { source: shareReadable(stream), data: new SharedArrayBuffer(4) },
    );
    await once(stream, 'pause');
    const before = asked;
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(before);
    expect(before).toBeLessThanOrEqual(6);
    void said;
    await worker.terminate();
    stream.destroy();
  });

  test('that fails is an error with its code, after what had come', async () => {
    const stream = new PassThrough();
    const { said } = blocking(`if (source.read(3)[2] !== 3) throw new Error('other'); source.read(1);`, {
      source: shareReadable(stream),
    });
    stream.write(Uint8Array.of(1, 2, 3));
    await new Promise((resolve) => setImmediate(resolve));
    stream.destroy(Object.assign(new Error('gone'), { code: 'ECONNRESET' }));
    expect(await said).toMatchObject({
      name: 'StreamFailedError',
      reason: 'ECONNRESET',
      message: 'the stream: gone',
    });
  });

  test('that is destroyed has not ended', async () => {
    const stream = new PassThrough();
    const { said } = blocking('source.read(1)', { source: shareReadable(stream) });
    stream.destroy();
    expect(await said).toMatchObject({ name: 'StreamFailedError', reason: 'ERR_STREAM_PREMATURE_CLOSE' });
  });

  test('that is too short is an end, with its offset', async () => {
    const { said } = blocking('source.read(10)', {
      source: shareReadable(Readable.from([Buffer.from('abc')])),
    });
    expect(await said).toMatchObject({ name: 'EndOfInputError', offset: 3, missing: 7 });
  });

  test('that is silent is a timeout, whose looks go on; and an interrupt ends the wait, of which nothing is lost', async () => {
    const stream = new PassThrough();
    const { said, worker } = blocking(
      `let looks = 0;
       source.whileWaiting = () => { looks++ };
       source.timeout = { what: 'no bytes', milliseconds: 250 };
       const catching = (action) => { try { action() } catch (error) { return error.message } };
       const late = catching(() => source.read(1));
       source.timeout = channel.NO_TIMEOUT;
       const interrupt = source.interrupt = new channel.MemoryInterrupt();
       source.whileWaiting = () => { interrupt.raise('SIGINT'); say('raised') };
       const interrupted = catching(() => source.read(1));
       source.interrupt = source.whileWaiting = undefined;
       return { late, looks: looks > 0, interrupted, then: source.read(1)[0] };`,
      { source: shareReadable(stream) },
    );
    expect(await said).toBe('raised');
    stream.write(Uint8Array.of(9));
    const [{ answer }] = (await once(worker, 'message')) as [{ answer: unknown }];
    expect(answer).toEqual({
      late: 'no bytes within 0.25 s',
      looks: true,
      interrupted: 'interrupted: SIGINT',
      then: 9,
    });
    stream.destroy();
  });

  test('is left as it is where the other closes it', async () => {
    const stream = new PassThrough();
    const { said } = blocking('source.read(1); source.close();', { source: shareReadable(stream) });
    stream.write('ab');
    await said;
    await once(stream, 'pause');
    expect([stream.destroyed, stream.listenerCount('data')]).toEqual([false, 0]);
    stream.destroy();
  });
});

describe('a writable stream', () => {
  test('takes a Buffer as it takes any octets, and leaves it as it was', async () => {
    const stream = new PassThrough();
    const received = buffer(stream);
    const { said } = blocking(
      `const octets = Buffer.alloc(3 * ${WINDOW} + 5, 7);
       sink.write(octets.subarray(0, 50000));
       sink.write(octets);
       const left = [octets.length, octets.every((octet) => octet === 7), sink.octets];
       sink.close();
       return left;`,
      { sink: shareWritable(stream) },
    );
    const length = 3 * WINDOW + 5;
    expect(await said).toMatchObject({ name: 'none', answer: [length, true, length + 50_000] });
    expect((await received).equals(Buffer.alloc(length + 50_000, 7))).toBe(true);
  });

  test('takes nothing once it is closed', async () => {
    const { said } = blocking('sink.close(); sink.write(Uint8Array.of(1));', {
      sink: shareWritable(new PassThrough().resume()),
    });
    expect(await said).toMatchObject({ name: 'StreamFailedError', reason: 'ERR_STREAM_WRITE_AFTER_END' });
  });

  test('has all that was written, in order, and its end', async () => {
    const stream = new PassThrough();
    const received = buffer(stream);
    const { said } = blocking(
      `const octets = new Uint8Array(3 * ${WINDOW} + 5).map((_, i) => i + (i >> 8) + (i >> 16));
       sink.write(octets.subarray(0, 1));
       sink.write(octets.subarray(1));
       octets.fill(0);
       sink.close();
       return sink.octets;`,
      { sink: shareWritable(stream) },
    );
    expect(await said).toMatchObject({ answer: 3 * WINDOW + 5 });
    expect(Buffer.compare(await received, counting(3 * WINDOW + 5))).toBe(0);
  });

  test('that takes nothing is a timeout, with no more than the window on its way', async () => {
    const stream = new Writable({ write: () => undefined });
    const { said } = blocking(
      `sink.timeout = { what: 'nothing was taken', milliseconds: 1 };
       try { for (;;) sink.write(new Uint8Array(1000)) } catch ({ message }) { return { message, octets: sink.octets } }`,
      { sink: shareWritable(stream) },
    );
    const { answer } = (await said) as { answer: { message: string; octets: number } };
    expect(answer.message).toBe('nothing was taken within 0.001 s');
    expect(answer.octets).toBe(Math.floor(WINDOW / 1000) * 1000);
    stream.destroy();
  });

  test('that fails is an error with its code, of which the next write knows', async () => {
    const stream = new Writable({
      write: (_, __, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    });
    const { said } = blocking('for (;;) sink.write(new Uint8Array(1000))', { sink: shareWritable(stream) });
    expect(await said).toMatchObject({
      name: 'StreamFailedError',
      reason: 'EPIPE',
      message: 'the stream: gone',
    });
  });

  test('that another has ended takes no more', async () => {
    const stream = new PassThrough();
    stream.resume();
    const sink = shareWritable(stream);
    stream.end();
    await once(stream, 'finish');
    const { said } = blocking('for (;;) sink.write(new Uint8Array(1000))', { sink });
    expect(await said).toMatchObject({
      name: 'StreamFailedError',
      message: 'the stream: it was ended by another',
    });
  });

  test('of a thread that dies is destroyed, not ended', async () => {
    const stream = new PassThrough();
    const { said, worker } = blocking('sink.write(new Uint8Array(3)); return 1;', {
      sink: shareWritable(stream),
    });
    await said;
    const ended = new Promise<unknown>((resolve) => finished(stream, { readable: false }, resolve));
    await worker.terminate();
    expect(await ended).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  });
});

test('a socket is both, and keeps the other half when one is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mig-channel-'));
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  try {
    await once(server.listen(join(folder, 'socket')), 'listening');
    const socket = new Socket({ allowHalfOpen: true });
    await once(socket.connect(join(folder, 'socket')), 'connect');
    const { said } = blocking(
      `sink.write(new Uint8Array(500000).fill(5)); sink.close();
       const back = source.read(500000);
       return [back.length, back.every((octet) => octet === 5), source.readSome(new Uint8Array(1))];`,
      { source: shareReadable(socket), sink: shareWritable(socket) },
    );
    expect(await said).toMatchObject({ answer: [500_000, true, 0] });
    socket.destroy();
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
});
