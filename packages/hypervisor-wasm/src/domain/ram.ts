import { HostError } from '@mig/hypervisor';
import { addressOf, createMemoryFile, mapOver, PosixError } from '@mig/posix';
import { PAGE_SIZE } from '@mig/protocol';

const WASM_PAGE = 65536;

/** A domain's RAM: a WebAssembly memory, and the memory file that replaces it. */
export class Ram {
  readonly memory: WebAssembly.Memory;
  readonly descriptor: number;
  readonly address: number;

  /**
   * @param length octets, a multiple of 64 KiB
   * @throws HostError `unavailable` where this process may not have a file of that size
   */
  constructor(readonly length: number) {
    const pages = length / WASM_PAGE;
    // Initial and maximum size are equal: what `grow` adds would not be in the file.
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.descriptor = createFile(length);
    this.address = addressOf(new Uint8Array(this.memory.buffer, 0, 1));
  }

  /** Makes the file the guest's memory. The former content is lost. */
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

const LONGEST_COMMAND_LINE = PAGE_SIZE - 8;

/** Writes the boot page, pfn 0, as docs/guests.md describes it. */
export function writeBootPage(ram: Ram, commandLine: string): void {
  const text = new TextEncoder().encode(commandLine).subarray(0, LONGEST_COMMAND_LINE);
  const header = new DataView(ram.memory.buffer, 0, 8);
  header.setUint32(0, text.length, true);
  header.setUint32(4, ram.length / PAGE_SIZE, true);
  new Uint8Array(ram.memory.buffer, 8, text.length).set(text);
}
