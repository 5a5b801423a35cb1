import { write } from 'node:fs';
import { OutputClosedError } from './text-output.js';

/** Milliseconds until a descriptor is tried again that others have made non-blocking. */
const RETRY = 5;

/**
 * Writes to a descriptor by a thread of Node's pool, so that whoever writes never waits for whoever reads, whatever the
 * descriptor is. What is not read yet is kept in memory, without a bound: see LossyLines.
 */
export class BackgroundWriter {
  readonly #queue: Uint8Array[] = [];
  readonly #idle: (() => void)[] = [];
  #waiting = 0;
  #failure: Error | undefined;

  constructor(private readonly descriptor: number) {}

  /** Octets that are not written yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** @throws OutputClosedError where nobody reads any more; what the system said of an earlier write */
  write(octets: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (octets.length === 0) return;
    this.#waiting += octets.length;
    if (this.#queue.push(octets) === 1) this.#writeFirst();
  }

  /** Resolves once all is written, or cannot be. */
  written(): Promise<void> {
    return this.#waiting === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  #writeFirst(): void {
    const octets = this.#queue[0]!;
    write(this.descriptor, octets, 0, octets.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#writeFirst(), RETRY);
        return;
      }
      if (error === null) this.#took(octets, written);
      else this.#fail(error);
      if (this.#queue.length > 0) this.#writeFirst();
      else for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  #took(octets: Uint8Array, written: number): void {
    this.#waiting -= written;
    if (written === octets.length) this.#queue.shift();
    else this.#queue[0] = octets.subarray(written);
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failure = error.code === 'EPIPE' ? new OutputClosedError('the output was closed') : error;
    this.#queue.length = 0;
    this.#waiting = 0;
  }
}
