/**
 * The two ports of the libxc layer. Their pfns come in lists of Float64Array in both directions: a stream may have pfns of 52
 * bits, which a double holds exactly, where 32 bits would make another pfn of a wide one before anybody could refuse it, and
 * BigUint64Array would make an object of each.
 */
import type { OctetSink, OctetSource } from '@mig/channel';
import type { DomainHeader, ImageRecord } from '@mig/protocol';

/**
 * The libxc layer of a domain that is being saved: its pages, the log of those it dirties, its other state.
 * Everything here blocks: a toolstack runs it in a worker.
 */
export interface Memory {
  /** What the image's domain header says. */
  readonly domainHeader: DomainHeader;
  /** The highest pfn plus one, holes included (libxc's p2m_size); at most 2^32, 16 TiB of memory. */
  readonly pageCount: number;

  /** Records that no run of the guest changes; they precede memory. STATIC_DATA_END is not among them. */
  staticData(): Iterable<ImageRecord>;
  /** Records that follow memory, read once the domain is suspended. END is not among them. */
  context(): Iterable<ImageRecord>;

  /** Starts logging; also where a toolstack that died left it on. */
  enableLogDirty(): void;
  /**
   * Reads *and* clears the log.
   * @param bitmap a bit a pfn, lowest first; set where dirty, otherwise left as it is
   * @returns pages found dirty
   */
  cleanLogDirty(bitmap: Uint32Array): number;
  disableLogDirty(): void;

  /** Fills `types` with a PageType for each of the first `count` pfns. */
  pageTypes(pfns: Float64Array, count: number, types: Uint8Array): void;
  /**
   * Writes the 4096 octets of each of the first `count` pfns, none of which is a hole. A memory that has their addresses
   * asks the output for its descriptor, which takes them without a copy.
   */
  writePages(output: OctetSink, pfns: Float64Array, count: number): void;

  /**
   * Asks the guest to suspend and waits until it has.
   * @throws where it does not acknowledge in time; it then keeps running
   */
  suspend(): void;
}

/** The libxc layer of a domain that is being restored. */
export interface IncomingMemory {
  /** @throws where the image is of a kind of domain this is not */
  expect(header: DomainHeader): void;
  /**
   * All records that precede memory were applied: called once, before the first page. Images of version 2 do not mark
   * the place (STATIC_DATA_END): it is then before their first PAGE_DATA, as for libxc.
   */
  staticDataEnd(): void;
  /** Makes the pfns exist, before the first page of each arrives; `types` say which are holes. */
  populate(pfns: Float64Array, types: Uint8Array, count: number): void;
  /** Reads the 4096 octets of each of the first `count` pfns into place. */
  readPages(input: OctetSource, pfns: Float64Array, count: number): void;
  /**
   * Reads the same, but compares them with what is there, as a VERIFY pass asks.
   * @returns pages that differ
   */
  comparePages(input: OctetSource, pfns: Float64Array, count: number): number;
  /** Applies a record that is neither memory nor a marker; its octets are valid during the call only. */
  apply(record: ImageRecord): void;
}
