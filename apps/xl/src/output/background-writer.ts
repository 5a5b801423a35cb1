import { write } from 'node:fs';
import { OutputClosedError } from './text-output.js';

/** Milliseconds between two tries on a descriptor that others have made non-blocking. */
const RETRY = 5;

/**
 * Writes to a descriptor through a thread of Node's pool, so that the caller never waits for the reader,
 * whatever the descriptor is. Unread octets are kept in memory without a bound: see LossyLines.
 */
export class BackgroundWriter {
  readonly #queue: Uint8Array[] = [];
  readonly #idle: (() => void)[] = [];
  #waiting = 0;
  #failure: Error | undefined;

  constructor(private readonly descriptor: number) {}

  /** Number of octets not written yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Queues octets.
   * @throws OutputClosedError where the reader is gone; the system's error for an earlier write
   */
  write(octets: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (octets.length === 0) return;
    this.#waiting += octets.length;
    if (this.#queue.push(octets) === 1) this.#writeFirst();
  }

  /** Resolves once everything is written, or cannot be. */
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
