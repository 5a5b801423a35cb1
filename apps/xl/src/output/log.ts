/** Standard error: lines for the operator. */
import { writeSync } from 'node:fs';

export class Log {
  /** `-v` was given this often. */
  verbosity = 0;
  /** `-T`: date and process id before each line, as stock has them. */
  timestamps = false;

  constructor(
    private readonly write: (text: string) => void = writeToStderr,
    private readonly now: () => Date = () => new Date(),
  ) {}

  line(text: string): void {
    this.write(this.timestamps ? `${this.#stamp()}${text}\n` : `${text}\n`);
  }

  warning(text: string): void {
    this.line(`xl: warning: ${text}`);
  }

  /** Shown with `-v` only. */
  detail(text: string): void {
    if (this.verbosity > 0) this.line(text);
  }

  /** Text as it stands, such as help. */
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
