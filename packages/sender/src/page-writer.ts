import type { OctetSink } from '@mig/channel';
import type { Memory } from '@mig/hypervisor';
import {
  MAX_BATCH_SIZE,
  PAGE_OCTETS,
  PageDataEncoder,
  PageType,
  TYPES_WITH_DATA,
  ZeroPagesEncoder,
} from '@mig/protocol';
import type { LevelChoice } from './auto-level.js';
import type { Clock } from './precopy-stats.js';
import { RunWriter } from './run-writer.js';

/** Whether, and how, the pages of a batch may be written otherwise than as Xen writes them. */
export interface BatchOptions {
  /** Whether the target takes pages of zeros by their pfns; these then come first. */
  readonly zeroPages?: boolean;
  /** Octets per second that the line may carry, if the target takes compressed pages. */
  readonly compressed?: { readonly limit: number | undefined } | undefined;
}

/** Writer of pages as PAGE_DATA, ZERO_PAGES and ZSTD_PAGES records; it allocates nothing per page. */
export class PageWriter {
  /** Array into which the caller puts the pfns of a batch. */
  readonly pfns = new Float64Array(MAX_BATCH_SIZE);
  readonly #types = new Uint8Array(MAX_BATCH_SIZE);
  readonly #present = new Float64Array(MAX_BATCH_SIZE);
  readonly #encoder = new PageDataEncoder(MAX_BATCH_SIZE);
  /** Finder of pages of zeros, once the target takes them. */
  #zeros: ZeroFinder | undefined;
  /** The first pfns of the batch are pages of zeros. */
  #zeroCount = 0;
  #count = 0;
  #written = 0;
  #presentCount = 0;
  #presentWritten = 0;

  /** Writer of compressed pages, once there is one; null if there can be none. */
  #runs: RunWriter | null | undefined;
  /** The level with which the batch is compressed. */
  #level: number | undefined;

  /** @param choice decides the level with which pages are compressed, for targets that take them so */
  constructor(
    private readonly memory: Memory,
    private readonly output: OctetSink,
    private readonly choice?: LevelChoice,
    private readonly clock: Clock = () => performance.now(),
  ) {}

  /** Number of pages that were written by their pfns, as pages of zeros, in all batches. */
  zeroPages = 0;
  /** Octets by which the records are shorter for it. */
  octetsSaved = 0;

  /** Number of pages that were written compressed, in all batches. */
  get compressedPages(): number {
    return this.#runs?.compressedPages ?? 0;
  }

  /** Octets by which the records are shorter for it. */
  get octetsSavedByCompression(): number {
    return this.#runs?.octetsSaved ?? 0;
  }

  /** The level with which the batch is compressed; undefined if it is not. */
  get level(): number | undefined {
    return this.#level;
  }

  /** Begins a batch of the first `count` of `pfns`, which the caller may write in any number of records. */
  begin(count: number, { zeroPages = false, compressed }: BatchOptions = {}): void {
    this.memory.pageTypes(this.pfns, count, this.#types);
    this.#zeroCount = zeroPages ? this.#moveZerosFirst(count) : 0;
    this.#level = compressed && this.#levelOf(compressed.limit);
    if (this.#level !== undefined) this.#runs?.begin(this.#zeroCount, this.#level);
    let present = 0;
    for (let i = this.#zeroCount; i < count; i++) {
      this.#present[present] = this.pfns[i]!;
      present += TYPES_WITH_DATA[this.#types[i]!]!;
    }
    this.#count = count;
    this.#written = 0;
    this.#presentCount = present;
    this.#presentWritten = 0;
  }

  #moveZerosFirst(count: number): number {
    if (this.memory.findZeroPages === undefined) return 0;
    this.#zeros ??= new ZeroFinder(this.memory);
    return this.#zeros.moveFirst(this.pfns, this.#types, count);
  }

  #levelOf(limit: number | undefined): number | undefined {
    const { choice } = this;
    const level = this.#runs === null ? undefined : choice?.next(limit);
    if (choice === undefined || level === undefined) return undefined;
    if (this.#runs === undefined) {
      const compressor = this.memory.openCompressor?.();
      this.#runs =
        compressor === undefined ? null : new RunWriter(compressor, this.output, choice, this.clock);
    }
    return this.#runs?.isReady === true || choice.waits ? level : undefined;
  }

  /** Ends the threads that compress, if there are any. */
  close(): void {
    this.#runs?.close();
  }

  /** Number of the batch's pfns that have been written. */
  get written(): number {
    return this.#written;
  }

  /**
   * Writes one record with the next pfns of the batch. The first one has the pages of zeros, if there are any.
   * @param most pages in it; holes, which have no octets, are extra
   * @returns the number of pages whose octets were written
   */
  write(most: number): number {
    if (this.#zeros !== undefined && this.#written < this.#zeroCount) {
      const record = this.#zeros.encoder.encode(this.pfns, this.#zeroCount);
      this.output.write(record);
      this.#written = this.#zeroCount;
      this.zeroPages += this.#zeroCount;
      this.octetsSaved += this.#zeroCount * PAGE_OCTETS - record.length;
      return 0;
    }
    if (this.#level !== undefined && this.#runs) return this.#writeRun(this.#runs, most);
    if (this.choice === undefined) return this.#writePages(most);
    const [began, before] = [this.clock(), this.output.octets];
    const present = this.#writePages(most);
    this.choice.wrote(this.output.octets - before, this.clock() - began);
    return present;
  }

  #writeRun(runs: RunWriter, most: number): number {
    const first = this.#written;
    if (TYPES_WITH_DATA[this.#types[first]!] === 1) {
      const batch = { pfns: this.pfns, types: this.#types, count: this.#count };
      const pages = runs.write(batch, first, most);
      this.#written += pages;
      return pages;
    }
    let past = first + 1;
    while (past < this.#count && TYPES_WITH_DATA[this.#types[past]!] === 0) past++;
    const pfns = this.pfns.subarray(first, past);
    this.output.write(this.#encoder.encode(pfns, this.#types.subarray(first, past), past - first));
    runs.skip(past);
    this.#written = past;
    return 0;
  }

  #writePages(most: number): number {
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

/** Finds the pages of a batch that have zeros alone. */
class ZeroFinder {
  readonly encoder = new ZeroPagesEncoder();
  readonly #zero = new Uint8Array(MAX_BATCH_SIZE);
  readonly #otherPfns = new Float64Array(MAX_BATCH_SIZE);
  readonly #otherTypes = new Uint8Array(MAX_BATCH_SIZE);

  constructor(private readonly memory: Memory) {}

  /**
   * Moves the pages of zeros before all others; both keep their order.
   * @returns their number
   */
  moveFirst(pfns: Float64Array, types: Uint8Array, count: number): number {
    this.memory.findZeroPages?.(pfns, count, this.#zero);
    let zeros = 0;
    let others = 0;
    for (let i = 0; i < count; i++) {
      if (this.#zero[i] === 1 && types[i] === PageType.NOTAB) {
        pfns[zeros++] = pfns[i]!;
      } else {
        this.#otherPfns[others] = pfns[i]!;
        this.#otherTypes[others++] = types[i]!;
      }
    }
    if (zeros === 0) return 0;
    for (let i = 0; i < others; i++) {
      pfns[zeros + i] = this.#otherPfns[i]!;
      types[zeros + i] = this.#otherTypes[i]!;
    }
    return zeros;
  }
}
