/**
 * Standard output and error. Whoever writes to them waits for whoever reads, as is usual; a command that holds a domain must
 * not, since its operator's signals and words arrive on the same thread.
 */
import { endAtSignals, endWasAsked } from '../signals.js';
import { BackgroundWriter } from './background-writer.js';
import { writeAll } from './text-output.js';

/** Milliseconds for the last words to be read once a signal has asked for the end. */
const GRACE = 1000;

export class StandardStream {
  #background: BackgroundWriter | undefined;

  constructor(private readonly descriptor: 1 | 2) {}

  readonly write = (octets: Uint8Array): void => {
    if (this.#background === undefined) writeAll(this.descriptor, octets);
    else this.#background.write(octets);
  };

  /** Octets that nobody has read yet. */
  readonly waiting = (): number => this.#background?.waiting ?? 0;

  neverWait(): void {
    this.#background ??= new BackgroundWriter(this.descriptor);
  }

  async written(): Promise<void> {
    await this.#background?.written();
  }
}

export class StandardStreams {
  readonly output = new StandardStream(1);
  readonly error = new StandardStream(2);
  /** Undefined where writes wait. */
  #lastWords: number | undefined;

  /**
   * Makes writes never wait for a reader, from here on.
   * @param lastWords milliseconds that the process may wait for its readers when it ends
   */
  neverWait(lastWords = Infinity): void {
    this.output.neverWait();
    this.error.neverWait();
    this.#lastWords = lastWords;
  }

  /**
   * Waits until all is read, since nobody depends on this process any more. From here on a signal ends the process instead.
   * @param status how it ends then
   */
  async settle(status: number): Promise<void> {
    if (this.#lastWords === undefined) return;
    const { exitAtOnce } = await import('@mig/posix');
    const leave = () => exitAtOnce(status);
    endAtSignals(leave);
    const patience = endWasAsked() ? Math.min(GRACE, this.#lastWords) : this.#lastWords;
    const late = patience === Infinity ? undefined : setTimeout(leave, patience);
    await Promise.all([this.output.written(), this.error.written()]);
    clearTimeout(late);
  }
}
