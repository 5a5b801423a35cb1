/** Tests of which thread of `xl` asks libxl's process. */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { LibxlClient } from './libxl-client.js';

const SCRIPTED = fileURLToPath(new URL('scripted-libxl-process.test-support.mjs', import.meta.url));
const CLIENT = fileURLToPath(new URL('../../dist/libxl/libxl-client.js', import.meta.url));

const clients: LibxlClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function start(): LibxlClient {
  const client = new LibxlClient(SCRIPTED);
  clients.push(client);
  return client;
}

/** A request that the process of this test answers with its pid. */
const WHO = { kind: 'configuration', domid: 0 } as const;

/** Starts a worker that asks for the pid of its process. `done` becomes 1 when it knows. */
function startWorker() {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const code = `
    const { parentPort, workerData: { client, program, request, done } } = require('node:worker_threads');
    import(client).then(({ LibxlClient }) => {
      const libxl = new LibxlClient(program);
      parentPort.postMessage(libxl.ask(request));
      libxl.close();
      Atomics.store(done, 0, 1);
      Atomics.notify(done, 0);
    });`;
  const workerData = { client: CLIENT, program: SCRIPTED, request: WHO, done };
  const worker = new Worker(code, { eval: true, trackUnmanagedFds: false, workerData });
  const answer = once(worker, 'message').then(([pid]) => pid as unknown);
  return { done, answer, exit: once(worker, 'exit') };
}

async function askedByWorker(): Promise<unknown> {
  const { answer, exit } = startWorker();
  await exit;
  return answer;
}

test('a worker goes on with the process of the main thread, which then has another', async () => {
  const client = start();
  const pid = client.ask(WHO);
  expect(await askedByWorker()).toBe(pid);
  expect(client.isUnusable).toBe(true);
  expect(() => client.ask(WHO)).toThrow("libxl's process is a worker's");
  // A pipe that the worker has closed must not be closed again: the number may belong to another file by now.
  client.close();
  expect(start().ask(WHO)).not.toBe(pid);
});

test('a process that is in use is not taken', async () => {
  const client = start();
  const stream = { pid: process.pid, fd: 1 };
  const save = { kind: 'suspend', domid: 0, stream, live: true, debug: false, environment: {} } as const;
  let worker: ReturnType<typeof startWorker> | undefined;
  const hear = () => {
    worker ??= startWorker();
    Atomics.wait(worker.done, 0, 0);
    return undefined;
  };
  client.ask(save, { hear });
  expect(await worker?.answer).not.toBe(client.ask(WHO));
});

test('nor one that is closed', async () => {
  const client = start();
  const pid = client.ask(WHO);
  client.close();
  expect(await askedByWorker()).not.toBe(pid);
});
