// Moves a domain from one host to another, each in a worker, through a pair of pipes: node pipes.mjs LEFT RIGHT
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Input, Output, pipe } from '@mig/posix';
import { receiveDomain } from '@mig/receiver';
import { liveMigrate } from '@mig/sender';
import { policyFor } from '@mig/sender/policy';
import { guest } from './guest.mjs';

if (isMainThread) {
  const [left, right] = process.argv.slice(2);
  const [there, back] = [pipe(), pipe()];
  const start = (/** @type {object} */ workerData) =>
    new Worker(new URL(import.meta.url), { workerData, trackUnmanagedFds: false });
  start({ end: 'target', folder: right, read: there.readEnd, write: back.writeEnd });
  const source = start({ end: 'source', folder: left, read: back.readEnd, write: there.writeEnd });
  source.on('message', ({ kind, pass }) => {
    if (kind === 'pass-finished') console.log(`${pass.kind}: ${pass.sentPages} pages`);
  });
} else {
  const { end, folder, read, write } = workerData;
  const input = new Input(read, { subject: 'the other end' });
  const output = new Output(write, { subject: 'the other end' });
  try {
    const host = EmbeddedHost.open(folder);
    if (end === 'source') {
      const domid = host.create(guest, { paused: false });
      const policy = policyFor({ maxDowntime: 300 });
      const onEvent = (/** @type {unknown} */ event) => parentPort?.postMessage(event);
      const report = liveMigrate(host, domid, { input, output }, { policy, onEvent });
      console.log(`downtime: ${report.downtimeMilliseconds.toFixed(1)} ms`);
    } else {
      const { name, domid } = receiveDomain(host, { input, output });
      console.log(`${name} runs in ${folder}`);
      host.destroy(domid); // The end of the example: a domain runs on in a process of its own.
    }
  } finally {
    output.close(); // The other end sees it, however this one ended.
    input.close();
  }
}
