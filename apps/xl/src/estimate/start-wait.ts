import type { SendEvent } from '@mig/hypervisor';

/** Pages: what pipes and sockets hold is far less, so the wait is over by then. */
const EARLY = 4096;
/** Portions that a pass must have for one of them to stand out. */
const FEWEST = 8;

/**
 * For how long the target keeps the first pass waiting: it makes the domain before it takes pages, and meanwhile the
 * pipe is full. That is one portion of the pass, which takes so much longer than the others do.
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

  /** undefined where the pass was too short to tell. */
  get milliseconds(): number | undefined {
    if (this.#count < FEWEST) return undefined;
    const others = (this.#sum - this.#longest) / (this.#count - 1);
    return Math.max(0, this.#longest - others);
  }
}
