/** Standard error: lines for the operator. */
import { terminalText } from '@mig/protocol/terminal-text';
import { writeSync } from 'node:fs';
import { jsonLines } from './json-lines.js';

export class Log {
  /** `-v` was given this often. */
  verbosity = 0;
  /** `-T`: date and process id before each line, as stock has them. */
  timestamps = false;

  constructor(
    private readonly write: (text: string) => void = writeToStderr,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** A line, fit for a terminal whoever has chosen what is in it. */
  line(text: string): void {
    this.write(`${this.timestamps ? this.#stamp() : ''}${terminalText(text)}\n`);
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
    this.write(text);
  }

  #stamp(): string {
    return `${this.now().toISOString().slice(0, 19).replace('T', ' ')} UTC [${process.pid}] `;
  }
}

function writeToStderr(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody is left to tell.
  }
}
