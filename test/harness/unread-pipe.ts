import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const FILLER = '\n';
const POLL = 10;

/** A named pipe full of empty lines: writing to it waits until somebody reads. */
export class UnreadPipe {
  /** The descriptor of both ends, which does not block. */
  readonly #ends: number;
  /** A descriptor of the write end that blocks, for programs. */
  readonly writeEnd: number;
  #closed = false;

  constructor(readonly path: string) {
    execFileSync('mkfifo', [path]);
    this.#ends = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    this.writeEnd = openSync(path, 'w');
    const filler = Buffer.from(FILLER.repeat(4096));
    unlessItWouldWait(() => {
      for (;;) writeSync(this.#ends, filler);
    });
  }

  /**
   * Starts to read.
   * @returns what was written until `over`; then closes the pipe
   */
  async read(over: Promise<unknown>): Promise<string> {
    const writer = { ended: false };
    void over.finally(() => (writer.ended = true));
    const octets = Buffer.alloc(65536);
    let text = '';
    for (;;) {
      // Output from before the end is there after it.
      const last = writer.ended;
      const length = unlessItWouldWait(() => readSync(this.#ends, octets)) ?? 0;
      text += octets.toString('utf8', 0, length);
      if (length > 0) continue;
      if (last) break;
      await setTimeout(POLL);
    }
    this.close();
    return text.replace(new RegExp(`^${FILLER}*`), '');
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#ends);
    closeSync(this.writeEnd);
  }
}

function unlessItWouldWait<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
