import { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { closeDescriptor, pipe } from '@mig/posix';
import type { Log } from './log.js';
import { MOST_UNREAD } from './lossy-lines.js';
import { TerminalStream } from './terminal-stream.js';

/** Passes on what another program says on its standard error: another host may have chosen every octet of it. */
export class Relay {
  /** The end that the program writes to; `started` closes it here. */
  readonly descriptor: number;
  readonly #socket: Socket;
  readonly #text = new TerminalStream();
  #leftOut = 0;

  constructor(private readonly log: Log) {
    const { readEnd, writeEnd } = pipe();
    this.descriptor = writeEnd;
    this.#socket = new Socket({ fd: readEnd, readable: true, writable: false });
    // What the program has left running may keep its end open for as long as it likes.
    this.#socket.unref();
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (octets: Buffer) => this.#pass(octets));
  }

  /** Leaves out what a program goes on saying while nobody reads. */
  #pass(octets: Buffer): void {
    if (this.log.waiting > MOST_UNREAD) {
      this.#leftOut += octets.length;
      return;
    }
    this.#tellLeftOut();
    this.log.text(this.#text.push(octets));
  }

  #tellLeftOut(): void {
    if (this.#leftOut > 0) this.log.line(`... ${this.#leftOut} octets are left out here`);
    this.#leftOut = 0;
  }

  started(): void {
    closeDescriptor(this.descriptor);
  }

  /** Passes on what is left, once the program has ended. */
  async finish(): Promise<void> {
    for (let before = -1; before !== this.#socket.bytesRead;) {
      before = this.#socket.bytesRead;
      // The first may come without a look at what can be read, the second does not.
      await setImmediate();
      await setImmediate();
    }
    this.#socket.destroy();
    this.#tellLeftOut();
    this.log.text(this.#text.end());
  }
}
