/** The log of a console, read as it grows. */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const NEWLINE = 0x0a;
const BUFFER = 64 * 1024;

export class ConsoleFile {
  #position = 0;
  readonly #buffer = new Uint8Array(BUFFER);

  private constructor(
    private readonly path: string,
    private descriptor: number,
  ) {}

  static open(path: string): ConsoleFile {
    return new ConsoleFile(path, openSync(path, 'r'));
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Moves to the start of the last `count` lines; a last line without a line feed counts. */
  seekLastLines(count: number): void {
    const { size } = fstatSync(this.descriptor);
    this.#position = size;
    if (count === 0) return;
    let missing = count;
    let end = size;
    while (end > 0) {
      const start = Math.max(0, end - BUFFER);
      const octets = this.#buffer.subarray(0, readSync(this.descriptor, this.#buffer, 0, end - start, start));
      for (let index = octets.length - 1; index >= 0; index--) {
        // The last line's end does not begin another line.
        if (octets[index] !== NEWLINE || start + index === size - 1) continue;
        missing -= 1;
        if (missing > 0) continue;
        this.#position = start + index + 1;
        return;
      }
      end = start;
    }
    this.#position = 0;
  }

  /**
   * Reads from the current position to the present end; goes on in the log that has replaced this one, if
   * any.
   */
  readAll(give: (octets: Uint8Array) => void): void {
    const replaced = this.#isReplaced();
    this.#readOn(give);
    if (!replaced) return;
    closeSync(this.descriptor);
    this.descriptor = openSync(this.path, 'r');
    this.#position = 0;
    this.#readOn(give);
  }

  /** Tells whether the log became too long, and was renamed and begun anew. */
  #isReplaced(): boolean {
    const now = statSync(this.path, { throwIfNoEntry: false });
    return now !== undefined && now.ino !== fstatSync(this.descriptor).ino;
  }

  #readOn(give: (octets: Uint8Array) => void): void {
    // A log that was truncated is read from its start.
    if (fstatSync(this.descriptor).size < this.#position) this.#position = 0;
    for (;;) {
      const count = readSync(this.descriptor, this.#buffer, 0, BUFFER, this.#position);
      if (count === 0) return;
      this.#position += count;
      give(this.#buffer.subarray(0, count));
    }
  }
}
