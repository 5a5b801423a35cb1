import { closeSync, openSync, readSync } from 'node:fs';
import { eventually } from './eventually.js';

export interface Tick {
  readonly number: number;
  /** Time in milliseconds since 1970. */
  readonly at: number;
  /** Failed checks of its memory, by the guest's count. */
  readonly errors: number;
}

/** A guest's console, followed in its file: output from before the domain's end can still be read. */
export class GuestConsole {
  readonly ticks: Tick[] = [];
  readonly #descriptor: number;
  readonly #buffer = new Uint8Array(65536);
  readonly #decoder = new TextDecoder();
  #text = '';
  #taken = 0;

  constructor(path: string) {
    this.#descriptor = openSync(path, 'r');
  }

  /** Reads all output so far. */
  read(): string {
    for (;;) {
      const count = readSync(this.#descriptor, this.#buffer);
      if (count === 0) break;
      this.#text += this.#decoder.decode(this.#buffer.subarray(0, count), { stream: true });
    }
    const end = this.#text.lastIndexOf('\n') + 1;
    for (const line of this.#text.slice(this.#taken, end).split('\n')) this.#take(line);
    this.#taken = Math.max(this.#taken, end);
    return this.#text;
  }

  #take(line: string): void {
    const [, number, at, errors] = /^tick (\d+) (\d+) errors=(\d+)/.exec(line) ?? [];
    if (number !== undefined) {
      this.ticks.push({ number: Number(number), at: Number(at), errors: Number(errors) });
    }
  }

  /** Waits for so many further ticks of the guest. */
  async moreTicks(count: number): Promise<void> {
    this.read();
    const wanted = this.ticks.length + count;
    await this.#until(`${wanted} ticks`, () => this.ticks.length >= wanted);
  }

  async untilSaid(pattern: RegExp): Promise<void> {
    await this.#until(String(pattern), () => pattern.test(this.#text));
  }

  async #until(what: string, said: () => boolean): Promise<void> {
    await eventually(
      () => `${what} on the console, which says:\n${this.#text}`,
      () => {
        this.read();
        return said() || undefined;
      },
    );
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/**
 * Lists the flaws of a guest's life over several consoles, in the order in which it used them: ticks lost
 * or repeated, failed checks of its memory, complaints. Empty for a guest that noticed nothing.
 */
export function flaws(...consoles: readonly GuestConsole[]): string[] {
  const complaints = consoles.flatMap((each) => each.read().match(/^(error|crash).*$/gm) ?? []);
  const ticks = consoles.flatMap((each) => each.ticks);
  const astray = ticks
    .filter(({ number }, i) => i > 0 && number !== ticks[i - 1]!.number + 1)
    .map(({ number }) => `tick ${number} does not follow on the one before`);
  const errors = Math.max(0, ...ticks.map((tick) => tick.errors));
  const silent = ticks.length === 0 ? ['no tick at all'] : [];
  return [...complaints, ...astray, ...silent, ...(errors > 0 ? [`${errors} failed checks of memory`] : [])];
}
