import { BATCH, Frames, SUPERPAGE } from './frames.js';
import { PageType } from '@mig/protocol';
import type { XenControl } from './control.js';
import { PopulatedPfns } from './populated.js';

export type PopulatingControl = Pick<XenControl, 'populate' | 'populateSuperpages'>;

/**
 * Gives an arriving domain its pages, each once: 2 MiB in one piece if one record has all pages of an
 * aligned range and the domain has none of them yet, single pages otherwise. Later records are not known,
 * and a page that is missing from the image must not exist, so a range that a record covers in part is not
 * filled up. A superpage never takes more memory than its pages would: it reaches no limit sooner.
 */
export class Populator {
  /** Number of superpages given. */
  superpages = 0;
  readonly #populated = new PopulatedPfns();
  /** Pages to give, including those of superpages until Xen has given these. */
  readonly #due = new Frames();
  #count = 0;
  readonly #whole = new Frames(BATCH / SUPERPAGE);
  /** Index in `#due` where the pages of each superpage begin. */
  readonly #starts = new Uint32Array(BATCH / SUPERPAGE);
  #wholeCount = 0;
  /** Number of consecutive pages at the end of `#due`. */
  #run = 0;
  #last = -1;

  constructor(
    private readonly control: PopulatingControl,
    private readonly domid: number,
  ) {}

  /** @param types of the pfns; holes stay holes */
  populate(pfns: Float64Array, types: Uint8Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i]!;
      const type = types[i]!;
      if (type === PageType.XTAB || type === PageType.BROKEN || this.#populated.has(pfn)) continue;
      this.#populated.add(pfn);
      if (this.#count === BATCH) this.#give();
      this.#put(pfn);
    }
    if (this.#count > 0) this.#give();
  }

  #put(pfn: number): void {
    this.#due.put(this.#count++, pfn);
    this.#run = pfn === this.#last + 1 ? this.#run + 1 : 1;
    this.#last = pfn;
    if ((pfn & (SUPERPAGE - 1)) !== SUPERPAGE - 1 || this.#run < SUPERPAGE) return;
    this.#starts[this.#wholeCount] = this.#count - SUPERPAGE;
    this.#whole.put(this.#wholeCount++, pfn - (SUPERPAGE - 1));
  }

  #give(): void {
    const { control, domid } = this;
    const asked = this.#wholeCount;
    const given = asked === 0 ? 0 : control.populateSuperpages(domid, this.#whole.words, asked);
    this.superpages += given;
    const left = this.#without(given);
    if (left > 0) control.populate(domid, this.#due.words, left);
    this.#count = 0;
    this.#wholeCount = 0;
    this.#run = 0;
    this.#last = -1;
  }

  /**
   * Removes the pages of the first `given` superpages from `#due`.
   * @returns number of pages left in it
   */
  #without(given: number): number {
    const { words } = this.#due;
    let left = this.#count;
    // From the last to the first: earlier positions stay valid.
    for (let i = given - 1; i >= 0; i--) {
      const start = this.#starts[i]!;
      words.copyWithin(start * 2, (start + SUPERPAGE) * 2, left * 2);
      left -= SUPERPAGE;
    }
    return left;
  }
}
