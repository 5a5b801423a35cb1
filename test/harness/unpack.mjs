/**
 * Unpacks a file as its receiver does, and prints as JSON by how many MiB the peak memory grew, and the
 * result: unpack.mjs WHAT FILE.
 */
import { openSync, readFileSync, writeFileSync } from 'node:fs';

const CHUNK = 65536;

/** @param {Uint8Array} octets */
function* chunks(octets) {
  for (let at = 0; at < octets.length; at += CHUNK) yield octets.subarray(at, at + CHUNK);
}

/**
 * Receivers: each loads its modules first, and returns the function that unpacks.
 * @type {Readonly<Record<string, (path: string) => Promise<(octets: Buffer) => unknown>>>}
 */
const kinds = {
  async configuration() {
    const { parseConfiguration } = await import('../../packages/hypervisor-wasm/dist/configuration.js');
    return (octets) => parseConfiguration(octets.toString());
  },
  async 'configuration file'(path) {
    const { readConfigurationFile } = await import('../../apps/xl/dist/configuration/configuration-file.js');
    const { parseConfiguration } = await import('../../apps/xl/dist/configuration/parser.js');
    return () => parseConfiguration(readConfigurationFile(path), path);
  },
  async context() {
    const { ControlFrames, decodeControlRequest } = await import('@mig/hypervisor-wasm/control');
    const { decodeVcpuContext } = await import('../../packages/hypervisor-wasm/dist/vcpu-context.js');
    return (octets) => {
      const frames = new ControlFrames();
      const [message] = [...chunks(octets)].flatMap((chunk) => frames.push(chunk));
      if (message === undefined) throw new Error('there is no message');
      const request = decodeControlRequest(message);
      if (request.kind !== 'adopt') throw new Error('the message has no context');
      return decodeVcpuContext(request.octets);
    };
  },
  async guest() {
    const { inspectGuest } = await import('../../packages/hypervisor-wasm/dist/guest/inspect.js');
    return (octets) => {
      const { module } = inspectGuest(new Uint8Array(octets));
      const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
      return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module)), { env: { memory } });
    };
  },
  async records() {
    const { describeRecord, PushDecoder, StreamDecoder } = await import('@mig/protocol');
    return (octets) => {
      const decoder = new PushDecoder(new StreamDecoder({ start: 'libxl' }));
      return [...chunks(octets)].map((chunk) =>
        [...decoder.push(chunk)].map((event) => event.kind === 'record' && describeRecord(event.record)),
      );
    };
  },
  async 'operator message'() {
    const { decodeOperatorRequest, OperatorFrames } = await import('@mig/operator/wire');
    return (octets) => new OperatorFrames().push(octets).map(decodeOperatorRequest);
  },
  async line(path) {
    const { Input } = await import('@mig/posix');
    const { JsonLines } = await import('../../packages/hypervisor-xen/dist/libxl/lines.js');
    return () => new JsonLines(new Input(openSync(path, 'r'), { subject: 'a file' })).next();
  },
};

/** @param {string} field */
function mebibytes(field) {
  const [, kib] =
    new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kib) / 1024;
}

const [what = '', path = ''] = process.argv.slice(2);
const unpack = await kinds[what]?.(path);
if (unpack === undefined) throw new Error(`nothing unpacks ${what}`);
const octets = readFileSync(path);
const before = mebibytes('VmRSS');
// The kernel measures the peak anew from here on.
writeFileSync('/proc/self/clear_refs', '5');
let kept;
let refused;
try {
  kept = unpack(octets);
} catch (error) {
  refused = error instanceof Error ? error.message.slice(0, 200) : String(error);
}
console.log(JSON.stringify({ grew: mebibytes('VmHWM') - before, refused, kept: typeof kept }));
