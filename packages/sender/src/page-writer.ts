import type { Memory } from '@mig/hypervisor';
import type { Output } from '@mig/posix';
import { hasPageData, MAX_BATCH_SIZE, PageDataEncoder } from '@mig/protocol';

/** Writes pages as PAGE_DATA records; allocates nothing per page. */
export class PageWriter {
  /** The caller puts a batch's pfns here. */
  readonly pfns = new Float64Array(MAX_BATCH_SIZE);
  readonly #types = new Uint8Array(MAX_BATCH_SIZE);
  readonly #present = new Float64Array(MAX_BATCH_SIZE);
  readonly #encoder = new PageDataEncoder(MAX_BATCH_SIZE);
  #count = 0;
  #written = 0;

  constructor(
    private readonly memory: Memory,
    private readonly output: Output,
  ) {}

  /** The first `count` of `pfns` are a batch, to be written in as many records as the caller likes. */
  begin(count: number): void {
    this.memory.pageTypes(this.pfns, count, this.#types);
    this.#count = count;
    this.#written = 0;
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
    const first = this.#written;
    let past = first;
    let present = 0;
    for (; past < this.#count; past++) {
      if (!hasPageData(this.#types[past]!)) continue;
      if (present === most) break;
      this.#present[present++] = this.pfns[past]!;
    }
    const pfns = this.pfns.subarray(first, past);
    this.output.write(this.#encoder.encode(pfns, this.#types.subarray(first, past), past - first));
    if (present > 0) this.memory.writePages(this.output, this.#present, present);
    this.#written = past;
    return present;
  }
}
