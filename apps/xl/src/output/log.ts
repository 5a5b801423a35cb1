/** Standard error: lines for the operator. */
import { terminalText } from '@mig/protocol/terminal-text';
import { BottomLine } from './bottom-line.js';
import { jsonLines } from './json-lines.js';
import { writeAll } from './text-output.js';

export class Log {
  /** Number of `-v` options. */
  verbosity = 0;
  /** `-T`: date and process id before each line, as stock has them. */
  timestamps = false;

  /** A line that is drawn anew below the others. */
  readonly bottom = new BottomLine((text) => this.#write(text));

  /** @param unread number of octets given to `write` and not yet read */
  constructor(
    private readonly write: (text: string) => void = (text) => writeAll(2, Buffer.from(text)),
    private readonly unread: () => number = () => 0,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Number of octets not yet read. */
  get waiting(): number {
    return this.unread();
  }

  /** Writes a line, made safe for a terminal whatever the source of its text. */
  line(text: string): void {
    this.text(`${this.timestamps ? this.#stamp() : ''}${terminalText(text)}\n`);
  }

  warning(text: string): void {
    this.line(`xl: warning: ${text}`);
  }

  /** Writes a line with `-v` only. */
  detail(text: string): void {
    if (this.verbosity > 0) this.line(text);
  }

  /** Writes a value as indented JSON, without timestamps. */
  json(value: unknown): void {
    for (const line of jsonLines(value)) this.text(`${line}\n`);
  }

  /** Writes text as it is: our own, such as help, or already safe for a terminal. */
  text(text: string): void {
    this.bottom.text(text);
  }

  #write(text: string): void {
    try {
      this.write(text);
    } catch {
      // Nobody is left to read it.
    }
  }

  #stamp(): string {
    return `${this.now().toISOString().slice(0, 19).replace('T', ' ')} UTC [${process.pid}] `;
  }
}
