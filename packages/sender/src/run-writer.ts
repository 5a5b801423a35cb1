import type { OctetSink } from '@mig/channel';
import { COMPRESSED_RUN, type PageCompressor } from '@mig/hypervisor';
import { PAGE_OCTETS, PAGE_SIZE, PageDataEncoder, TYPES_WITH_DATA, ZstdPagesEncoder } from '@mig/protocol';
import type { LevelChoice } from './auto-level.js';
import type { Clock } from './precopy-stats.js';

/** Fewest pages of a run, whatever the pace: shorter ones are hardly compressed. */
const LEAST_RUN = 16;

/** The pages of a batch. */
export interface Batch {
  readonly pfns: Float64Array;
  readonly types: Uint8Array;
  readonly count: number;
}

/**
 * Writer of a batch's pages as ZSTD_PAGES records, in the order of the batch. While one run is written, threads compress
 * those that follow. What does not get shorter goes as PAGE_DATA.
 */
export class RunWriter {
  readonly #encoder = new ZstdPagesEncoder();
  readonly #plain = new PageDataEncoder(COMPRESSED_RUN);
  /** Index in the batch of the first page that was not begun. */
  #begun = 0;
  #level = 0;

  /** Number of pages that were written compressed, in all batches. */
  compressedPages = 0;
  /** Octets by which the records are shorter for it. */
  octetsSaved = 0;

  constructor(
    private readonly compressor: PageCompressor,
    private readonly output: OctetSink,
    private readonly choice: LevelChoice,
    private readonly clock: Clock,
  ) {}

  get isReady(): boolean {
    return this.compressor.isReady;
  }

  /** Begins a batch at that index. What is left of another is not written. */
  begin(first: number, level: number): void {
    while (this.compressor.pending > 0) this.#finish();
    this.#begun = first;
    this.#level = level;
  }

  /**
   * Writes one record with the next pages of the batch, the one at index `first` among them, which is no hole.
   * @param most pages in a run
   * @returns the number of pages in the record
   */
  write(batch: Batch, first: number, most: number): number {
    this.#compressAhead(batch, Math.min(COMPRESSED_RUN, Math.max(most, LEAST_RUN)));
    const { compressor, output, choice } = this;
    const waitsSince = this.clock();
    const run = this.#finish();
    const writesSince = this.clock();
    const before = output.octets;
    const pages = run.length / PAGE_SIZE;
    if (run.frameLength === 0) {
      const past = first + pages;
      output.write(
        this.#plain.encode(batch.pfns.subarray(first, past), batch.types.subarray(first, past), pages),
      );
      output.write(run.input.subarray(0, run.length));
    } else {
      output.write(this.#encoder.encode(batch.pfns, batch.types, first, pages, run.frameLength));
      output.write(run.output.subarray(0, ZstdPagesEncoder.padded(pages, run.frameLength)));
      this.compressedPages += pages;
      this.octetsSaved += pages * PAGE_OCTETS - (output.octets - before);
    }
    const took = this.clock() - writesSince;
    // Where the threads are waited for, the line has room, and its rate does not show.
    if (took > writesSince - waitsSince) choice.wrote(output.octets - before, took);
    choice.compressed({
      level: this.#level,
      octets: run.length,
      compressedOctets: run.frameLength || run.length,
      threads: compressor.threads,
      milliseconds: run.milliseconds,
    });
    return pages;
  }

  #compressAhead({ pfns, types, count }: Batch, most: number): void {
    while (!this.compressor.isFull && this.#begun < count && TYPES_WITH_DATA[types[this.#begun]!] === 1) {
      let past = this.#begun + 1;
      while (past < count && past - this.#begun < most && TYPES_WITH_DATA[types[past]!] === 1) past++;
      this.compressor.begin(pfns, this.#begun, past - this.#begun, this.#level);
      this.#begun = past;
    }
  }

  /** Notes that the batch has been written up to that index by others: its holes. */
  skip(to: number): void {
    this.#begun = to;
  }

  #finish() {
    const { interrupt, deadline, whileWaiting } = this.output;
    return this.compressor.finish({ interrupt, deadline, whileWaiting });
  }

  close(): void {
    this.compressor.close();
  }
}
