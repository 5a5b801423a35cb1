/** Standard output: written in large pieces, and ended quietly when its reader is gone. */
import { terminalText } from '@mig/protocol/terminal-text';
import { writeSync } from 'node:fs';
import { jsonLines } from './json-lines.js';

/** Thrown when the reader of our output has gone, as in `xl list | head -1`. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

const PIECE = 64 * 1024;
const RETRY_MILLISECONDS = 5;

export class TextOutput {
  #pending: string[] = [];
  #length = 0;

  /** @param unread number of octets given to `write` and not yet read */
  constructor(
    private readonly write: (octets: Uint8Array) => void,
    private readonly unread: () => number = () => 0,
  ) {}

  /** Number of octets not yet read. */
  get waiting(): number {
    return this.#length + this.unread();
  }

  /** Writes a line, made safe for a terminal whatever the source of its text. */
  line(text = ''): void {
    this.text(`${terminalText(text)}\n`);
  }

  /** Writes a value as indented JSON. */
  json(value: unknown): void {
    for (const line of jsonLines(value)) this.text(`${line}\n`);
  }

  /** Writes text as it is: our own, such as help, or already safe for a terminal. */
  text(text: string): void {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length >= PIECE) this.flush();
  }

  /** Writes octets uninterpreted, such as a guest's console. */
  octets(octets: Uint8Array): void {
    this.flush();
    this.write(octets);
  }

  flush(): void {
    if (this.#length === 0) return;
    const text = this.#pending.join('');
    this.#pending = [];
    this.#length = 0;
    this.write(Buffer.from(text));
  }
}

/**
 * Writes to a descriptor that may be non-blocking: those who share it decide that.
 * @param name the descriptor's name in an error; the default is the output
 */
export function writeAll(descriptor: number, octets: Uint8Array, name?: string): void {
  for (let written = 0; written < octets.length;) {
    try {
      written += writeSync(descriptor, octets, written);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EPIPE') throw new OutputClosedError('the output was closed');
      if (code !== 'EAGAIN') throw Object.assign(error as Error, name !== undefined && { path: name });
      pause();
    }
  }
}

const never = new Int32Array(new SharedArrayBuffer(4));

function pause(): void {
  Atomics.wait(never, 0, 0, RETRY_MILLISECONDS);
}
