/** Standard error: lines for the operator. */
import { terminalText } from '@mig/protocol/terminal-text';
import { jsonLines } from './json-lines.js';
import { writeAll } from './text-output.js';

export class Log {
  /** `-v` was given this often. */
  verbosity = 0;
  /** `-T`: date and process id before each line, as stock has them. */
  timestamps = false;

  /** @param unread octets that `write` was given and nobody has read yet */
  constructor(
    private readonly write: (text: string) => void = (text) => writeAll(2, Buffer.from(text)),
    private readonly unread: () => number = () => 0,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Octets that nobody has read yet. */
  get waiting(): number {
    return this.unread();
  }

  /** A line, fit for a terminal whoever has chosen what is in it. */
  line(text: string): void {
    this.text(`${this.timestamps ? this.#stamp() : ''}${terminalText(text)}\n`);
  }

  warning(text: string): void {
    this.line(`xl: warning: ${text}`);
  }

  /** Shown with `-v` only. */
  detail(text: string): void {
    if (this.verbosity > 0) this.line(text);
  }

  /** A value as indented JSON, without timestamps. */
  json(value: unknown): void {
    for (const line of jsonLines(value)) this.text(`${line}\n`);
  }

  /** Text as it stands: of our own, such as help, or fit for a terminal already. */
  text(text: string): void {
    try {
      this.write(text);
    } catch {
      // Nobody is left to tell.
    }
  }

  #stamp(): string {
    return `${this.now().toISOString().slice(0, 19).replace('T', ' ')} UTC [${process.pid}] `;
  }
}
