import type { Memory } from '@mig/hypervisor';
import type { Output } from '@mig/posix';
import { hasPageData, MAX_BATCH_SIZE, PageDataEncoder } from '@mig/protocol';

/** Writes batches of pages as PAGE_DATA records; allocates nothing per batch. */
export class PageWriter {
  /** The caller puts a batch's pfns here. */
  readonly pfns = new Float64Array(MAX_BATCH_SIZE);
  readonly #types = new Uint8Array(MAX_BATCH_SIZE);
  readonly #present = new Float64Array(MAX_BATCH_SIZE);
  readonly #encoder = new PageDataEncoder(MAX_BATCH_SIZE);

  constructor(
    private readonly memory: Memory,
    private readonly output: Output,
  ) {}

  /**
   * Writes the first `count` of `pfns`.
   * @returns pages whose octets were written: holes have none
   */
  write(count: number): number {
    this.memory.pageTypes(this.pfns, count, this.#types);
    this.output.write(this.#encoder.encode(this.pfns, this.#types, count));
    let present = 0;
    for (let i = 0; i < count; i++) {
      if (hasPageData(this.#types[i]!)) this.#present[present++] = this.pfns[i]!;
    }
    if (present > 0) this.memory.writePages(this.output, this.#present, present);
    return present;
  }
}
