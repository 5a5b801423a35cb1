// Receives a domain on standard input, and answers on standard output: node child-target.mjs RIGHT
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Input, Output } from '@mig/posix';
import { receiveDomain } from '@mig/receiver';

// A process that does nothing else may block: it needs no worker.
const folder = process.argv[2];
const host = EmbeddedHost.open(folder);
const input = new Input(0, { subject: 'the source' });
const output = new Output(1, { subject: 'the source' });
const { name, domid } = receiveDomain(host, { input, output });
// Standard output is the source's.
console.error(`${name} runs in ${folder}`);
host.destroy(domid); // The end of the example: a domain runs on in a process of its own.
