import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Octets after which the log starts anew; one generation is kept, as PATH.0. */
export const LONGEST_CONSOLE_LOG = 8 << 20;

/**
 * The guest's console: a file that only grows, until it is too long. Of what is longer than that the end is kept. What
 * cannot be written, to a full disk say, is lost: a console is not worth a guest.
 */
export class ConsoleLog {
  #fd: number;
  #length: number;
  #atLineStart = true;

  constructor(
    private readonly path: string,
    private readonly longest = LONGEST_CONSOLE_LOG,
  ) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#length = fstatSync(this.#fd).size;
  }

  write(text: Uint8Array): void {
    if (text.length === 0) return;
    const octets = text.subarray(-this.longest);
    try {
      if (this.#length + octets.length > this.longest && this.#length > 0) this.#rotate();
      const written = writeSync(this.#fd, octets);
      this.#length += written;
      if (written > 0) this.#atLineStart = octets[written - 1] === 10;
    } catch {
      // Lost.
    }
  }

  /** A line of the hypervisor's own. */
  say(line: string): void {
    this.write(new TextEncoder().encode(`${this.#atLineStart ? '' : '\n'}${line}\n`));
  }

  #rotate(): void {
    try {
      renameSync(this.path, `${this.path}.0`);
    } catch (error) {
      // There is none where an earlier attempt came only this far.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const full = this.#fd;
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#length = 0;
    closeSync(full);
  }
}
