import { terminalLines } from '@mig/protocol/terminal-text';

/** Text that comes in pieces from somebody else, fit for a terminal; its lines stay lines. */
export class TerminalStream {
  readonly #decoder = new TextDecoder();

  /** @param octets a piece of any size: a character may be cut */
  push(octets: Uint8Array): string {
    return terminalLines(this.#decoder.decode(octets, { stream: true }));
  }

  /** Ends the text: gives what was held back, once no more comes. */
  end(): string {
    return terminalLines(this.#decoder.decode());
  }
}
