import { Iovec } from '@mig/posix';
import { MAX_BATCH_SIZE, PAGE_SIZE } from '@mig/protocol';
import type { ForeignRam } from './foreign-ram.js';

/** Consecutive pages that are worth a system call of their own. */
const LONG_RUN = 16;

/** The end of a channel that pages come from or go to. */
export interface PageChannel {
  /** Moves everything in the iovec, and empties it. */
  moveVector(iovec: Iovec): void;
  /**
   * Moves octets of a file.
   * @returns false, with nothing moved, if this channel cannot do that
   */
  splice(file: number, offset: number, length: number): boolean;
}

/**
 * Moves pages between a domain's RAM and a channel: long runs by splicing its file, all others by address.
 */
export class PageMover {
  readonly #iovec = new Iovec(MAX_BATCH_SIZE);
  #splices = true;

  constructor(private readonly ram: ForeignRam) {}

  /** @param pfns in the order of the stream; all belong to the domain */
  move(channel: PageChannel, pfns: Float64Array, count: number): void {
    this.#iovec.clear();
    for (let first = 0, past; first < count; first = past) {
      past = endOfRun(pfns, first, count);
      if (past - first < LONG_RUN || !this.#spliceRun(channel, pfns[first]!, past - first)) {
        this.#pushRun(channel, pfns[first]!, past - first);
      }
    }
    channel.moveVector(this.#iovec);
  }

  #pushRun(channel: PageChannel, pfn: number, pages: number): void {
    if (this.#iovec.count === MAX_BATCH_SIZE) this.#moveVector(channel);
    this.#iovec.push(this.ram.mapping.address + pfn * PAGE_SIZE, pages * PAGE_SIZE);
  }

  #spliceRun(channel: PageChannel, pfn: number, pages: number): boolean {
    if (!this.#splices) return false;
    this.#moveVector(channel);
    this.#splices = channel.splice(this.ram.descriptor, pfn * PAGE_SIZE, pages * PAGE_SIZE);
    return this.#splices;
  }

  #moveVector(channel: PageChannel): void {
    channel.moveVector(this.#iovec);
    this.#iovec.clear();
  }
}

/** Finds the index after the last of the consecutive pfns from `first` on. */
function endOfRun(pfns: Float64Array, first: number, count: number): number {
  let past = first + 1;
  while (past < count && pfns[past] === pfns[past - 1]! + 1) past++;
  return past;
}
