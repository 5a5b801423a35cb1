import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Most octets of the log before it starts anew; one old log is kept as PATH.0. */
export const LONGEST_CONSOLE_LOG = 8 << 20;

/**
 * The guest's console: a file that grows until it is too long, and then starts anew. What cannot be
 * written, for example to a full disk, is lost: a console must not stop a guest.
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
      // The text is lost.
    }
  }

  /** Writes a line of the hypervisor's own. */
  say(line: string): void {
    this.write(new TextEncoder().encode(`${this.#atLineStart ? '' : '\n'}${line}\n`));
  }

  #rotate(): void {
    try {
      renameSync(this.path, `${this.path}.0`);
    } catch (error) {
      // The old log is missing if an earlier attempt came only this far.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const full = this.#fd;
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#length = 0;
    closeSync(full);
  }
}
