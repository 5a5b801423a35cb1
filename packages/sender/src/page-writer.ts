import type { OctetSink } from '@mig/channel';
import type { Memory } from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PageDataEncoder, TYPES_WITH_DATA } from '@mig/protocol';

/** Writer of pages as PAGE_DATA records; it allocates nothing per page. */
export class PageWriter {
  /** Array into which the caller puts the pfns of a batch. */
  readonly pfns = new Float64Array(MAX_BATCH_SIZE);
  readonly #types = new Uint8Array(MAX_BATCH_SIZE);
  readonly #present = new Float64Array(MAX_BATCH_SIZE);
  readonly #encoder = new PageDataEncoder(MAX_BATCH_SIZE);
  #count = 0;
  #written = 0;
  #presentCount = 0;
  #presentWritten = 0;

  constructor(
    private readonly memory: Memory,
    private readonly output: OctetSink,
  ) {}

  /** Begins a batch of the first `count` of `pfns`, which the caller may write in any number of records. */
  begin(count: number): void {
    this.memory.pageTypes(this.pfns, count, this.#types);
    let present = 0;
    for (let i = 0; i < count; i++) {
      this.#present[present] = this.pfns[i]!;
      present += TYPES_WITH_DATA[this.#types[i]!]!;
    }
    this.#count = count;
    this.#written = 0;
    this.#presentCount = present;
    this.#presentWritten = 0;
  }

  /** Number of the batch's pfns that have been written. */
  get written(): number {
    return this.#written;
  }

  /**
   * Writes one record with the next pfns of the batch.
   * @param most pages in it; holes, which have no octets, are extra
   * @returns the number of pages whose octets were written
   */
  write(most: number): number {
    const [first, firstPresent] = [this.#written, this.#presentWritten];
    const present = Math.min(most, this.#presentCount - firstPresent);
    const past =
      firstPresent + present === this.#presentCount ? this.#count : this.#following(first, present);
    const pfns = this.pfns.subarray(first, past);
    this.output.write(this.#encoder.encode(pfns, this.#types.subarray(first, past), past - first));
    if (present > 0) {
      const pages = firstPresent === 0 ? this.#present : this.#present.subarray(firstPresent);
      this.memory.writePages(this.output, pages, present);
    }
    this.#written = past;
    this.#presentWritten += present;
    return present;
  }

  /** @returns the index in the batch that follows the next `present` pages from `first` on */
  #following(first: number, present: number): number {
    for (let past = first; ; past++) {
      if (TYPES_WITH_DATA[this.#types[past]!] === 1 && present-- === 0) return past;
    }
  }
}
