// Sends a domain to a TCP port: node tcp-source.mjs LEFT PORT
import { connect } from 'node:net';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { shareReadable, shareWritable, StreamSink, StreamSource } from '@mig/channel/node';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { liveMigrate } from '@mig/sender';
import { guest } from './guest.mjs';

if (isMainThread) {
  const [folder, port] = process.argv.slice(2);
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  const [source, sink] = [shareReadable(socket), shareWritable(socket)];
  new Worker(new URL(import.meta.url), {
    workerData: { folder, source, sink },
    transferList: [source.port, sink.port],
    trackUnmanagedFds: false,
  });
} else {
  const { folder, source, sink } = workerData;
  const input = new StreamSource(source, { subject: 'the target' });
  const output = new StreamSink(sink, { subject: 'the target' });
  try {
    const host = EmbeddedHost.open(folder);
    const domid = host.create(guest, { paused: false });
    const { downtimeMilliseconds } = liveMigrate(host, domid, { input, output });
    console.log(`downtime: ${downtimeMilliseconds.toFixed(1)} ms`);
  } finally {
    output.close(); // Ends the socket.
    input.close();
  }
}
