/** The thread of a domain's vCPU: runs the guest in quanta, and obeys commands between two of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '@mig/errors';
import type { GlobalValue } from '../vcpu-context.js';
import { ConsoleLog, LONGEST_CONSOLE_LOG } from './console-log.js';
import type { VcpuGuest, VcpuMessage, VcpuStart } from './vcpu-messages.js';

const { command } = workerData as VcpuStart;
/** Octets kept of the guest's last output, for the reason of its crash. */
const LONGEST_LAST_LINE = 1000;
let lastLine = '';

function say(message: VcpuMessage): void {
  parentPort!.postMessage(message);
}

/** Writes to the console. A guest may write all of its memory at once: only as much is copied as is kept. */
function writeConsole(log: ConsoleLog, text: Uint8Array): void {
  const octets = text.slice(-LONGEST_CONSOLE_LOG);
  log.write(octets);
  lastLine = new TextDecoder().decode(octets.subarray(-LONGEST_LAST_LINE)).trim();
}

interface GuestExports {
  start(): void;
  run(): number;
}

function instantiate(
  { memory, module }: VcpuGuest,
  log: ConsoleLog,
): {
  exports: GuestExports;
  globals: Record<string, WebAssembly.Global>;
} {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module), {
    env: { memory },
    mig: {
      now: () => Date.now(),
      console: (address: number, length: number) => {
        writeConsole(log, new Uint8Array(memory.buffer, address >>> 0, length >>> 0));
      },
    },
  });
  const globals: Record<string, WebAssembly.Global> = {};
  for (const [name, value] of Object.entries(instance.exports)) {
    if (value instanceof WebAssembly.Global && name !== 'mig_abi') globals[name] = value;
  }
  return { exports: instance.exports as unknown as GuestExports, globals };
}

function runGuest(guest: VcpuGuest, log: ConsoleLog): void {
  const { exports, globals } = instantiate(guest, log);
  const { restored } = guest;
  if (restored === undefined) exports.start();
  else for (const [name, value] of Object.entries(restored)) globals[name]!.value = value;
  say({ kind: 'started' });
  for (;;) {
    const now = Atomics.load(command, 0);
    if (now % 2 === 0) {
      const values: Record<string, GlobalValue> = {};
      for (const [name, global] of Object.entries(globals)) values[name] = global.value as GlobalValue;
      say({ kind: 'stopped', command: now, globals: values });
      Atomics.wait(command, 0, now);
      continue;
    }
    const microseconds = exports.run();
    // Not a plain sleep: a pause must act at once.
    if (microseconds > 0) Atomics.wait(command, 0, now, microseconds / 1000);
  }
}

parentPort!.once('message', (guest: VcpuGuest) => {
  const log = new ConsoleLog(guest.console);
  try {
    runGuest(guest, log);
  } catch (error) {
    crashed(error, log);
  }
});

function crashed(error: unknown, log: ConsoleLog): void {
  const reason = messageOf(error);
  log.say(`the guest crashed: ${reason}`);
  say({ kind: 'crashed', message: lastLine === '' ? reason : `${lastLine} (${reason})` });
}
