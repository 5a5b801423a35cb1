import { Log } from './log.js';

/** Most characters that are kept: the latest. */
const MOST_KEPT = 64 << 10;

/** Keeps what it is given until somebody wants it, as what a target says of a migration that then fails. */
export class KeptLog extends Log {
  #kept = '';
  #isReleased = false;

  constructor(private readonly to: Log) {
    super(
      (text) => this.#take(text),
      () => to.waiting,
    );
  }

  /** Passes on what was kept, and from then on all. */
  release(): void {
    this.#isReleased = true;
    this.to.text(this.#kept);
    this.#kept = '';
  }

  #take(text: string): void {
    if (this.#isReleased) this.to.text(text);
    else this.#kept = (this.#kept + text).slice(-MOST_KEPT);
  }
}
