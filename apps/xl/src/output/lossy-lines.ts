/**
 * Octets that may wait for the reader before progress lines are skipped, and before other lines are left
 * out.
 */
const NEWS = 64 << 10;
export const MOST_UNREAD = 1 << 20;

export interface LineOutput {
  line(text: string): void;
  /** Number of octets not yet read. */
  waiting(): number;
}

/**
 * Writes lines about work that goes on whether or not they are read: the number of unread octets is
 * bounded.
 */
export class LossyLines {
  #leftOut = 0;

  /** @param gap makes the line that stands in place of those left out */
  constructor(
    private readonly output: LineOutput,
    private readonly gap: (count: number) => string,
  ) {}

  /** Whether progress lines are skipped: those that wait are outdated already. */
  get behind(): boolean {
    return this.output.waiting() > NEWS;
  }

  /** Writes a progress line, which the next one supersedes. */
  news(text: string): void {
    if (!this.behind) this.line(text);
  }

  /** Writes a line that is said once. */
  line(text: string): void {
    if (this.output.waiting() > MOST_UNREAD) this.#leftOut++;
    else this.last(text);
  }

  /** Writes how it has ended, whatever still waits. */
  last(text: string): void {
    if (this.#leftOut > 0) this.output.line(this.gap(this.#leftOut));
    this.#leftOut = 0;
    this.output.line(text);
  }
}
