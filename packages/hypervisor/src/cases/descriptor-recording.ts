import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { createMemoryFile, Input, Output } from '@mig/posix';

/**
 * An output into a file in memory, and inputs from it: descriptors, which every hypervisor can write and
 * read.
 */
export class DescriptorRecording {
  readonly #fd = createMemoryFile('stream', 0);
  readonly output = new Output(this.#fd, { subject: 'the recording' });

  /** Returns what was recorded, from the start: all of it, or the first `length` octets. */
  input(length = this.output.octets): Input {
    const copy = createMemoryFile('part of the stream', 0);
    copyOctets(this.#fd, copy, length);
    const input = new Input(openSync(`/proc/self/fd/${copy}`, 'r'), { subject: 'the recording' });
    closeSync(copy);
    return input;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function copyOctets(from: number, to: number, length: number): void {
  const octets = new Uint8Array(1 << 20);
  for (let at = 0; at < length;) {
    const read = readSync(from, octets, 0, Math.min(octets.length, length - at), at);
    at += writeSync(to, octets, 0, read, at);
  }
}
