// One end of a migration in a worker, over a Node stream that the thread which started it has.
import { parentPort, workerData } from 'node:worker_threads';
import { StreamSink, StreamSource } from '@mig/channel/node';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { receiveDomain } from '@mig/receiver';
import { liveMigrate } from '@mig/sender';

/** @type {{ folder: string, domid: number | undefined, source: import('@mig/channel/node').SharedStream, sink: import('@mig/channel/node').SharedStream }} */
const { folder, domid, source, sink } = workerData;

const host = EmbeddedHost.open(folder);
const input = new StreamSource(source, { subject: 'the stream' });
const output = new StreamSink(sink, { subject: 'the stream' });
try {
  if (domid === undefined) {
    const { name } = receiveDomain(host, { input, output });
    parentPort?.postMessage({ arrived: name });
  } else {
    const { passes, octetsSent } = liveMigrate(host, domid, { input, output });
    parentPort?.postMessage({ kinds: passes.map(({ kind }) => kind), octetsSent });
  }
} catch (error) {
  const { name, message, state, outcome, cause } = /** @type {any} */ (error);
  parentPort?.postMessage({ failed: { name, message, state, outcome, cause: cause?.name } });
} finally {
  output.close();
  input.close();
}
