import type { SendEvent } from '@mig/hypervisor';

/**
 * Pages that count as the beginning of a pass: pipes and sockets hold far less, so the wait is over by
 * then.
 */
const EARLY = 4096;
/** Least number of portions for one of them to stand out. */
const FEWEST = 8;

/**
 * Measures how long the target keeps the first pass waiting: it creates the domain before it takes pages, and
 * meanwhile the pipe is full. One portion of the pass takes longer than the others by that time.
 */
export class StartWait {
  #last: number | undefined;
  #count = 0;
  #sum = 0;
  #longest = 0;

  constructor(private readonly clock: () => number = () => performance.now()) {}

  onEvent(event: SendEvent): void {
    if (event.kind === 'pass-started') {
      this.#last = event.pass.iteration === 0 ? this.clock() : undefined;
    } else if (event.kind === 'pass-progress') {
      this.#portionDone(event.pass.pagesDone);
    }
  }

  #portionDone(pagesDone: number): void {
    if (this.#last === undefined) return;
    const now = this.clock();
    const took = now - this.#last;
    this.#last = now;
    this.#count++;
    this.#sum += took;
    if (pagesDone <= EARLY) this.#longest = Math.max(this.#longest, took);
  }

  /** The wait; undefined if the pass was too short to tell. */
  get milliseconds(): number | undefined {
    if (this.#count < FEWEST) return undefined;
    const others = (this.#sum - this.#longest) / (this.#count - 1);
    return Math.max(0, this.#longest - others);
  }
}
