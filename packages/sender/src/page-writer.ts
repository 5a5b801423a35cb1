import type { OctetSink } from '@mig/channel';
import type { Memory } from '@mig/hypervisor';
import { MAX_BATCH_SIZE, PageDataEncoder, TYPES_WITH_DATA } from '@mig/protocol';

/** Writes pages as PAGE_DATA records; allocates nothing per page. */
export class PageWriter {
  /** The caller puts a batch's pfns here. */
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

  /** The first `count` of `pfns` are a batch, to be written in as many records as the caller likes. */
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

  /** Pfns of the batch that have been written. */
  get written(): number {
    return this.#written;
  }

  /**
   * Writes one record, of pfns that follow those written.
   * @param most pages in it; holes, which have no octets, come on top
   * @returns pages whose octets were written
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

  /** @returns where in the batch the next page would be, after so many of those from `first` on */
  #following(first: number, present: number): number {
    for (let past = first; ; past++) {
      if (TYPES_WITH_DATA[this.#types[past]!] === 1 && present-- === 0) return past;
    }
  }
}
