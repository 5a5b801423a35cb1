// Receives one domain on a TCP port: node tcp-target.mjs RIGHT PORT
import { once } from 'node:events';
import { createServer } from 'node:net';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { shareReadable, shareWritable, StreamSink, StreamSource } from '@mig/channel/node';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { receiveDomain } from '@mig/receiver';

if (isMainThread) {
  const [folder, port] = process.argv.slice(2);
  const server = createServer({ allowHalfOpen: true }).listen(Number(port), '127.0.0.1');
  await once(server, 'listening');
  console.log('listening', server.address());
  const [socket] = await once(server, 'connection');
  server.close();
  // The socket stays with this thread, which must not block; its bytes go to the worker and come from it.
  const [source, sink] = [shareReadable(socket), shareWritable(socket)];
  new Worker(new URL(import.meta.url), {
    workerData: { folder, source, sink },
    transferList: [source.port, sink.port],
    trackUnmanagedFds: false,
  });
} else {
  const { folder, source, sink } = workerData;
  const input = new StreamSource(source, { subject: 'the source' });
  const output = new StreamSink(sink, { subject: 'the source' });
  try {
    const host = EmbeddedHost.open(folder);
    const { name, domid } = receiveDomain(host, { input, output });
    console.log(`${name} runs in ${folder}`);
    host.destroy(domid); // The end of the example: a domain runs on in a process of its own.
  } finally {
    output.close(); // Ends the socket.
    input.close();
  }
}
