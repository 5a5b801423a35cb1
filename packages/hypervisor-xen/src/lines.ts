import { EndOfInputError, type Input } from '@mig/posix';

const NEWLINE = 10;

/** JSON objects, one a line. */
export class JsonLines {
  readonly #chunk = new Uint8Array(65536);
  #rest = Buffer.alloc(0);

  constructor(private readonly input: Input) {}

  /**
   * Waits for the next.
   * @throws EndOfInputError where there is none; what the input throws
   */
  next(): unknown {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      if (end >= 0) {
        const line = this.#rest.toString('utf8', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return JSON.parse(line);
      }
      const count = this.input.readSome(this.#chunk);
      if (count === 0) throw new EndOfInputError(this.input.subject, this.input.octets, 1);
      this.#rest = Buffer.concat([this.#rest, this.#chunk.subarray(0, count)]);
    }
  }
}

export function jsonLine(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
