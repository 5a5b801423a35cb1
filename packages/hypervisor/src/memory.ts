/**
 * The two ports of the libxc layer. Their pfns come in lists of Float64Array in both directions: a stream may
 * have pfns of 52 bits, which a double holds exactly. 32 bits would silently turn a wide pfn into another
 * one, and BigUint64Array would make an object of each.
 */
import type { OctetSink, OctetSource, Waiting } from '@mig/channel';
import type { DomainHeader, ImageRecord, ZeroPagesRecord, ZstdPagesRecord } from '@mig/protocol';

/**
 * The libxc layer of a domain that is being saved: its pages, the log of those it dirties, its other state.
 * Everything here blocks: a toolstack runs it in a worker.
 */
export interface Memory {
  /** The content of the image's domain header. */
  readonly domainHeader: DomainHeader;
  /** The highest pfn plus one, including holes (libxc's p2m_size); at most 2^32, 16 TiB of memory. */
  readonly pageCount: number;

  /** Returns the records that no run of the guest changes, without STATIC_DATA_END; they precede memory. */
  staticData(): Iterable<ImageRecord>;
  /** Returns the records that follow memory, without END; read once the domain is suspended. */
  context(): Iterable<ImageRecord>;

  /** Starts logging; works even if a dead toolstack left it on. */
  enableLogDirty(): void;
  /**
   * Reads *and* clears the log.
   * @param bitmap one bit per pfn, lowest first, in ceil(pageCount / 32) words; dirty ones are set (`setBit`), others stay
   * as they are
   * @returns the number of pages found dirty
   */
  cleanLogDirty(bitmap: Uint32Array): number;
  disableLogDirty(): void;

  /** Fills `types` with a PageType for each of the first `count` pfns. */
  pageTypes(pfns: Float64Array, count: number, types: Uint8Array): void;
  /**
   * Writes the 4096 octets of each of the first `count` pfns, none of which is a hole. A memory that has
   * their addresses asks the output for its descriptor, which takes them without a copy.
   */
  writePages(output: OctetSink, pfns: Float64Array, count: number): void;
  /**
   * Fills `zero` with 1 for each of the first `count` pfns whose page has zeros alone, else 0; holes may have either. A
   * guest that runs may write to such a page at once: the log then has it. Absent if this memory cannot tell.
   */
  findZeroPages?(pfns: Float64Array, count: number, zero: Uint8Array): void;
  /**
   * Starts threads that compress pages; whoever asks for them closes them. Absent, or undefined, if pages cannot be
   * compressed here.
   */
  openCompressor?(): PageCompressor | undefined;

  /**
   * Asks the guest to suspend and waits until it has.
   * @throws if it does not acknowledge in time; it then keeps running
   */
  suspend(): void;
}

/**
 * Threads that compress runs of pages while the caller goes on. Runs come back in the order in which they were begun.
 */
export interface PageCompressor {
  readonly threads: number;
  /** Whether a thread has started: until then `finish` waits. */
  readonly isReady: boolean;
  /** Number of runs that were begun, and not finished. */
  readonly pending: number;
  /** Whether a run must be finished before the next is begun. */
  readonly isFull: boolean;
  /**
   * Copies `count` pages, from index `first` of `pfns` on, none of which is a hole, and begins to compress them.
   * @param count at most 64
   */
  begin(pfns: Float64Array, first: number, count: number, level: number): void;
  /** Waits for the oldest run that was begun. What it returns is valid until the next run is begun. */
  finish(waiting?: Partial<Waiting>): CompressedPages;
  /** Ends the threads; what was begun and not finished is lost. */
  close(): void;
}

/** Most pages in a run that is compressed: 256 KiB, of which longer ones are hardly smaller by more. */
export const COMPRESSED_RUN = 64;

/** A run of pages that was compressed. */
export interface CompressedPages {
  /** The pages as they were when the run was begun: the first `length` octets. */
  readonly input: Uint8Array;
  readonly length: number;
  /** The zstd frame: the first `frameLength` octets, 0 if it would not be shorter than the pages. At least 7 zeros follow. */
  readonly output: Uint8Array;
  readonly frameLength: number;
  /** Time that a thread took for it, in milliseconds. */
  readonly milliseconds: number;
}

/** The libxc layer of a domain that is being restored. */
export interface IncomingMemory {
  /** Checks the kind of domain. @throws if the image is of another kind */
  expect(header: DomainHeader): void;
  /**
   * Ends the static data: all records that precede memory were applied. Called once, before the first page.
   * Images of version 2 do not mark the place (STATIC_DATA_END): it is then before their first PAGE_DATA, as
   * for libxc.
   */
  staticDataEnd(): void;
  /**
   * Makes the pfns exist, before the first page of each arrives. Those of type XTAB and BROKEN are holes, which get
   * no page.
   */
  populate(pfns: Float64Array, types: Uint8Array, count: number): void;
  /** Reads the 4096 octets of each of the first `count` pfns into place. */
  readPages(input: OctetSource, pfns: Float64Array, count: number): void;
  /**
   * Reads like `readPages`, but compares the octets with those in place, as a VERIFY pass demands.
   * @returns the number of pages that differ
   */
  comparePages(input: OctetSource, pfns: Float64Array, count: number): number;
  /**
   * Makes pages exist that have zeros alone, whatever they had before. Absent if the host offers no `zero-pages`.
   */
  zeroPages?(record: ZeroPagesRecord): void;
  /**
   * Puts pages, which have been populated, into place from a zstd frame. Absent if the host offers no `zstd`.
   * @throws HostError bad-guest if the frame is damaged, or its content is of another length
   */
  zstdPages?(record: ZstdPagesRecord): void;
  /** Applies a record that is neither memory nor a marker; its octets are valid during the call only. */
  apply(record: ImageRecord): void;
}
