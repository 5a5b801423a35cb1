/**
 * Standard output and error. By default a write waits for the reader; a command that holds a domain must
 * not wait, because signals and operators' requests arrive on the same thread.
 */
import { endAtSignals, endWasAsked } from './signals.js';
import { BackgroundWriter } from './background-writer.js';
import { writeAll } from './text-output.js';

/** Time for the last lines to be read once a signal has asked for the end, in milliseconds. */
const GRACE = 1000;

export class StandardStream {
  #background: BackgroundWriter | undefined;

  constructor(private readonly descriptor: 1 | 2) {}

  readonly write = (octets: Uint8Array): void => {
    if (this.#background === undefined) writeAll(this.descriptor, octets);
    else this.#background.write(octets);
  };

  /** Number of octets not yet read. */
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
  /** Time for the last lines, in milliseconds; undefined while writes wait for the reader. */
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
   * Waits until all is read, because nothing depends on this process any more. From here on a signal ends
   * the process instead.
   * @param status the exit status in that case
   */
  async settle(status: number): Promise<void> {
    if (this.#lastWords === undefined) return;
    const { exitAtOnce } = await import('@mig/posix');
    const leave = () => exitAtOnce(status);
    endAtSignals(leave);
    const timeout = endWasAsked() ? Math.min(GRACE, this.#lastWords) : this.#lastWords;
    const late = timeout === Infinity ? undefined : setTimeout(leave, timeout);
    await Promise.all([this.output.written(), this.error.written()]);
    clearTimeout(late);
    // Node gives the signals their default effect back a while before it ends the process. It writes its
    // coverage in that while.
    if (process.env['NODE_V8_COVERAGE'] === undefined) process.once('exit', exitAtOnce);
  }
}
