// Checks of untrusted text on a terminal.
import { must } from './violation.mjs';

/**
 * Checks that `xl` prints these lines as so many lines, and that they do not control the terminal.
 * @param {readonly string[]} lines
 * @param {import('./lib.mjs').Lib} lib
 */
export function isFitForTerminal(lines, { xl }) {
  /** @type {Uint8Array[]} */
  const printed = [];
  const output = new xl.TextOutput((octets) => printed.push(octets));
  for (const line of lines) output.line(line);
  output.flush();
  const text = Buffer.concat(printed).toString();
  must(!/[^\P{Cc}\n\t]/u.test(text), 'terminal', () => JSON.stringify(text));
  must(text.split('\n').length === lines.length + 1, 'terminal', () => JSON.stringify(text));
}
