/** A line at the bottom of the output that is drawn anew, such as a bar: all other text appears above it. */
import { terminalText } from '@mig/protocol/terminal-text';

/** Most characters of an incomplete line that wait for its end while a line is drawn. */
const LONGEST_HELD = 4096;
const CLEAR_REST = '\u001b[K';

export class BottomLine {
  #shown: string | undefined;
  #plain = false;
  /** Text of others that has no end yet. */
  #held = '';
  #isMidLine = false;

  constructor(private readonly write: (text: string) => void) {}

  /** Draws the line in place of the one that is shown. */
  show(line: string, plain: boolean): void {
    // A line of others that has no end yet stays as it is.
    const start = this.#shown === undefined ? (this.#isMidLine ? '\n' : '') : '\r';
    const safe = terminalText(line);
    this.write(`${start}${safe}${this.#blank(safe.length)}`);
    this.#shown = safe;
    this.#plain = plain;
    this.#isMidLine = false;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#shown === undefined) return;
    this.write(this.#erasure());
    this.#shown = undefined;
    const held = this.#held;
    this.#held = '';
    this.text(held);
  }

  /** Writes text above the line: whole lines of it, once one is shown. */
  text(text: string): void {
    if (text === '') return;
    if (this.#shown === undefined) {
      this.write(text);
      this.#isMidLine = !/[\r\n]$/.test(text);
      return;
    }
    const all = this.#held + text;
    const end = all.length > LONGEST_HELD ? all.length : all.lastIndexOf('\n') + 1;
    this.#held = all.slice(end);
    if (end === 0) return;
    const lines = all.slice(0, end).split('\n').map(lastDrawn).join('\n');
    const line = this.#shown;
    this.write(`${this.#erasure()}${lines}${lines.endsWith('\n') ? '' : '\n'}${line}`);
  }

  #erasure(): string {
    return this.#plain ? `\r${' '.repeat(this.#shown!.length)}\r` : `\r${CLEAR_REST}`;
  }

  /** Makes the text that hides the rest of a longer line, with the cursor behind the present one. */
  #blank(length: number): string {
    if (!this.#plain) return this.#shown === undefined ? '' : CLEAR_REST;
    const rest = Math.max((this.#shown?.length ?? 0) - length, 0);
    return ' '.repeat(rest) + '\b'.repeat(rest);
  }
}

/** Returns what was drawn last of a line that carriage returns have drawn anew. */
function lastDrawn(line: string): string {
  return line.replace(/\r+$/, '').replace(/^.*\r/s, '');
}
