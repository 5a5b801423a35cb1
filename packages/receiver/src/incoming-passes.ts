import type { IncomingPass, RestoreEvent } from '@mig/hypervisor';

/** Tells the source's passes apart by the pfns of its batches, and reports the progress of each. */
export class IncomingPasses {
  #pass: IncomingPass | undefined;
  #count = 0;
  #began = 0;
  #lastPfn = -1;
  /** The last pfn that came as a page of zeros: those of a batch come before its other pages. */
  #lastZero = -1;
  /** The same of earlier batches. */
  #earlierZero = -1;

  constructor(private readonly onEvent: (event: RestoreEvent) => void) {}

  /** Begins a batch, given its first and its last pfn. */
  begin(firstPfn: number, lastPfn: number, verify: boolean): void {
    const goesOn = firstPfn > this.#lastPfn && firstPfn > this.#earlierZero && this.#pass?.verify === verify;
    if (!goesOn) this.#begin(verify);
    this.#lastPfn = lastPfn;
    this.#earlierZero = this.#lastZero;
  }

  /** Begins a batch with its pages of zeros, given the first pfn of their first run and of their last. */
  beginZeros(firstPfn: number, lastPfn: number): void {
    const goesOn = firstPfn > this.#lastZero && firstPfn > this.#lastPfn && this.#pass?.verify === false;
    if (!goesOn) this.#begin(false);
    this.#earlierZero = this.#lastZero;
    this.#lastZero = lastPfn;
  }

  #begin(verify: boolean): void {
    this.end();
    this.#lastPfn = this.#lastZero = this.#earlierZero = -1;
    this.#began = performance.now();
    this.#pass = { iteration: this.#count++, verify, pages: 0, octets: 0 };
    this.onEvent({ kind: 'incoming-pass-started', pass: this.#pass });
  }

  /** Counts a batch that has arrived. @param octets of its record */
  took(pages: number, octets: number): void {
    if (this.#pass === undefined) return;
    const pass = this.#pass;
    this.#pass = { ...pass, pages: pass.pages + pages, octets: pass.octets + octets };
    this.onEvent({ kind: 'incoming-pass-progress', pass: this.#pass });
  }

  /** Ends the pass, since something else than a batch has arrived. */
  end(): void {
    if (this.#pass === undefined) return;
    const milliseconds = performance.now() - this.#began;
    this.onEvent({ kind: 'incoming-pass-finished', pass: { ...this.#pass, milliseconds } });
    this.#pass = undefined;
  }
}
