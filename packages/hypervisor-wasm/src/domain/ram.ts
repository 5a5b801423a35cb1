import { HostError } from '@mig/hypervisor';
import { addressOf, createMemoryFile, mapOver, PosixError } from '@mig/posix';

const WASM_PAGE = 65536;

/** A domain's RAM: a WebAssembly memory, and the file in memory that is put in its place. */
export class Ram {
  readonly memory: WebAssembly.Memory;
  readonly descriptor: number;
  readonly address: number;

  /**
   * @param length octets, a multiple of 64 KiB
   * @throws HostError `unavailable` where this process may have no file of that size
   */
  constructor(readonly length: number) {
    const pages = length / WASM_PAGE;
    // As large at first as at most: what `grow` adds would not be the file.
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.descriptor = createFile(length);
    this.address = addressOf(new Uint8Array(this.memory.buffer, 0, 1));
  }

  /** From now on the guest's memory is the file. What was in the memory before is gone. */
  plugIn(): void {
    mapOver(this.address, this.length, this.descriptor);
  }
}

function createFile(length: number): number {
  try {
    return createMemoryFile('domain RAM', length);
  } catch (error) {
    if (!(error instanceof PosixError && error.code === 'EFBIG')) throw error;
    const message = `the memory of the domain, ${length / 2 ** 20} MiB, is beyond the limit of file sizes (ulimit -f)`;
    throw new HostError('unavailable', message, { cause: error });
  }
}

const LONGEST_COMMAND_LINE = 4096 - 8;

/** The boot page, pfn 0: what docs/guests.md says a guest finds there. */
export function writeBootPage(ram: Ram, commandLine: string): void {
  const text = new TextEncoder().encode(commandLine).subarray(0, LONGEST_COMMAND_LINE);
  const header = new DataView(ram.memory.buffer, 0, 8);
  header.setUint32(0, text.length, true);
  header.setUint32(4, ram.length / 4096, true);
  new Uint8Array(ram.memory.buffer, 8, text.length).set(text);
}
