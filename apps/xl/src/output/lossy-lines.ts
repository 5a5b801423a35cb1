/** Octets that may wait for the reader before news is passed over, and before anything else is left out. */
const NEWS = 64 << 10;
export const MOST_UNREAD = 1 << 20;

export interface LineOutput {
  line(text: string): void;
  /** Octets that nobody has read yet. */
  waiting(): number;
}

/** Lines about work that goes on whether or not anybody reads them: of those that wait for the reader there is a bound. */
export class LossyLines {
  #leftOut = 0;

  /** @param gap the line that stands where so many were left out */
  constructor(
    private readonly output: LineOutput,
    private readonly gap: (count: number) => string,
  ) {}

  /** Tells whether news is passed over: what waits is old already. */
  get behind(): boolean {
    return this.output.waiting() > NEWS;
  }

  /** Says what the next news says better. */
  news(text: string): void {
    if (!this.behind) this.line(text);
  }

  /** Says what is said once. */
  line(text: string): void {
    if (this.output.waiting() > MOST_UNREAD) this.#leftOut++;
    else this.last(text);
  }

  /** Says how it has ended, whatever waits. */
  last(text: string): void {
    if (this.#leftOut > 0) this.output.line(this.gap(this.#leftOut));
    this.#leftOut = 0;
    this.output.line(text);
  }
}
