import { isSet, setBit } from '@mig/hypervisor';

/** Pfns per part of the set: a part is made when one of them is added. */
const PART = 2 ** 20;

/** The pfns of an arriving domain that exist already: sparse, because pfns may be anywhere below 2^52. */
export class PopulatedPfns {
  readonly #parts = new Map<number, Uint32Array>();
  #last = -1;
  #part: Uint32Array = new Uint32Array(0);

  has(pfn: number): boolean {
    if (!this.#find(pfn)) return false;
    return isSet(this.#part, pfn % PART);
  }

  add(pfn: number): void {
    if (!this.#find(pfn)) {
      this.#part = new Uint32Array(PART / 32);
      this.#last = Math.floor(pfn / PART);
      this.#parts.set(this.#last, this.#part);
    }
    setBit(this.#part, pfn % PART);
  }

  #find(pfn: number): boolean {
    const index = Math.floor(pfn / PART);
    if (index === this.#last) return true;
    const part = this.#parts.get(index);
    if (part === undefined) return false;
    this.#last = index;
    this.#part = part;
    return true;
  }
}
