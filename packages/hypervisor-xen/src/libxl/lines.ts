import { HostError } from '@mig/hypervisor';
import { EndOfInputError, type Input } from '@mig/posix';

const NEWLINE = 10;
/** Octets per read, and of the buffer at first. */
const CHUNK = 65536;
/** Most octets of a line: the longest is a bitmap of 2 TiB of memory, as base64. */
export const LONGEST_LINE = 96 * 2 ** 20;

/** JSON objects, one a line; a `bitmap` in them is base64 there, and an array of words here. */
export class JsonLines {
  #buffer = Buffer.alloc(CHUNK);
  #length = 0;

  constructor(
    private readonly input: Input,
    private readonly longest = LONGEST_LINE,
  ) {}

  /**
   * Waits for the next object.
   * @throws EndOfInputError where there is none; HostError `unavailable` where it is too long; what the
   * input throws
   */
  next(): unknown {
    for (let looked = 0; ;) {
      const end = this.#buffer.subarray(0, this.#length).indexOf(NEWLINE, looked);
      if (end >= 0) return JSON.parse(this.#take(end), wordsBack);
      looked = this.#length;
      if (looked > this.longest) {
        const message = `${this.input.subject}: a line of more than ${this.longest} bytes`;
        throw new HostError('unavailable', message);
      }
      this.#fill();
    }
  }

  #take(end: number): string {
    const line = this.#buffer.toString('utf8', 0, end);
    this.#buffer.copyWithin(0, end + 1, this.#length);
    this.#length -= end + 1;
    return line;
  }

  #fill(): void {
    if (this.#length === this.#buffer.length) {
      const larger = Buffer.alloc(this.#buffer.length * 2);
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    const count = this.input.readSome(this.#buffer.subarray(this.#length));
    if (count === 0) throw new EndOfInputError(this.input.subject, this.input.octets, 1);
    this.#length += count;
  }
}

export function jsonLine(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, wordsAsText)}\n`);
}

function wordsAsText(_: string, value: unknown): unknown {
  if (!(value instanceof Uint32Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

function wordsBack(name: string, value: unknown): unknown {
  if (name !== 'bitmap' || typeof value !== 'string') return value;
  const words = new Uint32Array(Buffer.byteLength(value, 'base64') >>> 2);
  Buffer.from(words.buffer).write(value, 'base64');
  return words;
}
