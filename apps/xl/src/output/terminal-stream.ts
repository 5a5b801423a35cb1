import { terminalLines } from '@mig/protocol/terminal-text';

/** Makes a stream of text from elsewhere safe for a terminal; its lines stay lines. */
export class TerminalStream {
  readonly #decoder = new TextDecoder();

  /** @param octets a piece of any size: it may cut a character */
  push(octets: Uint8Array): string {
    return terminalLines(this.#decoder.decode(octets, { stream: true }));
  }

  /** Ends the text: returns what was held back. */
  end(): string {
    return terminalLines(this.#decoder.decode());
  }
}
