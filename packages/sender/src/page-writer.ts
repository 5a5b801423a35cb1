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

/** Writer of pages as PAGE_DATA and ZERO_PAGES records; it allocates nothing per page. */
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

  constructor(
    private readonly memory: Memory,
    private readonly output: OctetSink,
  ) {}

  /** Number of pages that were written by their pfns, as pages of zeros, in all batches. */
  zeroPages = 0;
  /** Octets by which the records are shorter for it. */
  octetsSaved = 0;

  /**
   * Begins a batch of the first `count` of `pfns`, which the caller may write in any number of records.
   * @param takesZeroPages whether the target takes pages of zeros by their pfns; these then come first
   */
  begin(count: number, takesZeroPages = false): void {
    this.memory.pageTypes(this.pfns, count, this.#types);
    this.#zeroCount = takesZeroPages ? this.#moveZerosFirst(count) : 0;
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
