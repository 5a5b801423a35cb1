/** Pages of zeros in a domain's RAM. */
import { HostError } from '@mig/hypervisor';
import { Mapping, nextData, nextHole, punchHole, sameMemory } from '@mig/posix';
import { PAGE_SIZE, type ZeroPagesRecord } from '@mig/protocol';
import type { ForeignRam } from './foreign-ram.js';

/** A domain's RAM, as a file and as memory of this process. */
export type Ram = Pick<ForeignRam, 'descriptor' | 'mapping' | 'pageCount'>;

const WORDS = PAGE_SIZE / Uint32Array.BYTES_PER_ELEMENT;

/**
 * Finder of pages of zeros. It does not touch pages that the guest never did: to read them through a mapping would
 * make them take memory.
 */
export class ZeroPageFinder {
  readonly #zeros = Mapping.ofMemory('a page of zeros', PAGE_SIZE);
  readonly #words: Uint32Array;
  /**
   * The pages from `#dataFrom` up to `#dataTo` are no holes, as far as known. They stay so: RAM gets no holes while its
   * domain is here. A hole may go at any time.
   */
  #dataFrom = 0;
  #dataTo = 0;

  constructor(private readonly ram: Ram) {
    this.#words = ram.mapping.words();
  }

  /** Fills `zero`: see Memory. @param pfns all belong to the domain */
  find(pfns: Float64Array, count: number, zero: Uint8Array): void {
    const { address } = this.ram.mapping;
    const zeros = this.#zeros.address;
    /** The pages from the last one looked at up to this one are holes, just now. */
    let holesTo = 0;
    let holesFrom = 0;
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i]!;
      if (pfn >= holesFrom && pfn < holesTo) {
        zero[i] = 1;
        continue;
      }
      if (pfn < this.#dataFrom || pfn >= this.#dataTo) {
        const data = nextData(this.ram.descriptor, pfn * PAGE_SIZE) / PAGE_SIZE;
        if (data > pfn) {
          [holesFrom, holesTo] = [pfn, data];
          zero[i] = 1;
          continue;
        }
        this.#dataFrom = pfn;
        this.#dataTo = nextHole(this.ram.descriptor, pfn * PAGE_SIZE) / PAGE_SIZE;
      }
      zero[i] = Number(this.#mayBeZero(pfn) && sameMemory(address + pfn * PAGE_SIZE, zeros, PAGE_SIZE));
    }
  }

  /** Looks at two words of a page: a call for each page would take far longer. */
  #mayBeZero(pfn: number): boolean {
    const word = pfn * WORDS;
    return this.#words[word] === 0 && this.#words[word + WORDS / 2] === 0;
  }

  close(): void {
    this.#zeros.unmap();
  }
}

/**
 * Makes pages of zeros of whatever these pages were: holes in the file of the RAM. Where there is a hole already, nothing
 * changes.
 * @throws HostError bad-guest for a run that ends beyond memory
 */
export function makeZeroPages(ram: Ram, { pfns, pages }: ZeroPagesRecord): void {
  for (let i = 0; i < pfns.length; i++) {
    const past = pfns[i]! + pages[i]!;
    if (!(past <= ram.pageCount)) {
      throw new HostError('bad-guest', `pfn ${past - 1} is beyond the domain's ${ram.pageCount} pages`);
    }
    punchHole(ram.descriptor, pfns[i]! * PAGE_SIZE, pages[i]! * PAGE_SIZE);
  }
}
