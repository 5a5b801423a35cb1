// Sends a domain to a child process, which is the other host: node child-source.mjs LEFT RIGHT
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { blockingPipe, closeDescriptor, Input, Output, setNonBlocking } from '@mig/posix';
import { liveMigrate } from '@mig/sender';
import { guest } from './guest.mjs';

if (isMainThread) {
  const [left, right = ''] = process.argv.slice(2);
  const [toChild, fromChild] = [blockingPipe(), blockingPipe()];
  // In the place of node: ['ssh', 'host2', 'node', 'child-target.mjs', ...].
  const program = fileURLToPath(new URL('child-target.mjs', import.meta.url));
  spawn(process.execPath, [program, right], { stdio: [toChild.readEnd, fromChild.writeEnd, 'inherit'] });
  // The child has these ends now: its death must be the end of the stream.
  closeDescriptor(toChild.readEnd);
  closeDescriptor(fromChild.writeEnd);
  const ends = { read: fromChild.readEnd, write: toChild.writeEnd };
  new Worker(new URL(import.meta.url), { workerData: { folder: left, ...ends }, trackUnmanagedFds: false });
} else {
  const { folder, read, write } = workerData;
  for (const descriptor of [read, write]) setNonBlocking(descriptor); // So each wait has its timeout.
  const input = new Input(read, { subject: 'the child' });
  const output = new Output(write, { subject: 'the child' });
  try {
    const host = EmbeddedHost.open(folder);
    const domid = host.create(guest, { paused: false });
    const { downtimeMilliseconds } = liveMigrate(host, domid, { input, output });
    console.log(`downtime: ${downtimeMilliseconds.toFixed(1)} ms`);
  } finally {
    output.close();
    input.close();
  }
}
