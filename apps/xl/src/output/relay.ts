import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { blockingPipe, closeDescriptor } from '@mig/posix';
import type { Log } from './log.js';
import { MOST_UNREAD } from './lossy-lines.js';
import { TerminalStream } from './terminal-stream.js';

/** Number of characters kept of what a program said. */
const LONGEST_SAID = 4096;

/** Relays another program's standard error: another host may have chosen every octet of it. */
export class Relay {
  /** The descriptor that the program writes to; `started` closes it here. */
  readonly descriptor: number;
  readonly #socket: Socket;
  readonly #text = new TerminalStream();
  #leftOut = 0;
  #said = '';

  constructor(private readonly log: Log) {
    const { readEnd, writeEnd } = blockingPipe();
    this.descriptor = writeEnd;
    this.#socket = new Socket({ fd: readEnd, readable: true, writable: false });
    // Processes that the program has left running may keep the pipe open for as long as they like.
    this.#socket.unref();
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (octets: Buffer) => this.#pass(octets));
  }

  /** The last words of the program. */
  get said(): string {
    return this.#said;
  }

  /** Relays octets; skips some of them while nobody reads. */
  #pass(octets: Buffer): void {
    if (this.log.waiting > MOST_UNREAD) {
      this.#leftOut += octets.length;
      return;
    }
    this.#tellLeftOut();
    const text = this.#text.push(octets);
    this.#said = (this.#said + text).slice(-LONGEST_SAID);
    this.log.text(text);
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0) this.log.line(`... ${this.#leftOut} bytes are left out here`);
    this.#leftOut = 0;
  }

  started(): void {
    closeDescriptor(this.descriptor);
  }

  /** Relays what is left, once the program has ended. */
  async finish(): Promise<void> {
    for (let before = -1; before !== this.#socket.bytesRead;) {
      before = this.#socket.bytesRead;
      // The first callback may come before reading was tried; the second does not.
      await setImmediate();
      await setImmediate();
    }
    this.#socket.destroy();
    this.#tellLeftOut();
    this.log.text(this.#text.end());
  }
}
