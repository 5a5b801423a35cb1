import type { Interrupt, OctetSink } from '@mig/channel';
import { HostError, type Memory, type PageCompressor } from '@mig/hypervisor';
import { WriteLogReader, writeVector } from '@mig/posix';
import { type DomainHeader, type ImageRecord, PAGE_SHIFT, PAGE_SIZE, PageType } from '@mig/protocol';
import type { ControlState } from './control/control-messages.js';
import type { ControlConnection } from './control-connection.js';
import { checkAlive, checkPfns, ForeignRam } from './foreign-ram.js';
import { type PageChannel, PageMover } from './page-mover.js';
import type { ProcessIdentity } from './process-identity.js';
import { openCompressor } from './compressed-pages.js';
import { ZeroPageFinder } from './zero-pages.js';

/** The domain header: that of a Xen whose verify-stream-v2 should accept the stream. */
export const DOMAIN_HEADER: DomainHeader = {
  type: 'x86-hvm',
  pageShift: PAGE_SHIFT,
  xenMajor: 4,
  xenMinor: 17,
};

export interface DomainMemoryOptions {
  /** Timeout of the suspend in milliseconds. */
  readonly suspendTimeout: number;
  /** Is called with the epoch of the suspend. */
  readonly onSuspended?: (epoch: number) => void;
  /** Ends the wait for the suspend. */
  readonly interrupt?: Interrupt | undefined;
  /** Whether pages may be sent by reference: see SaveOptions. */
  readonly byReference?: boolean | undefined;
}

/** The memory of a domain during a save. */
export class DomainMemory implements Memory {
  readonly domainHeader = DOMAIN_HEADER;
  readonly pageCount: number;
  readonly #foreign: ForeignRam;
  readonly #mover: PageMover;
  readonly #ram: ControlState['ram'];
  #log: WriteLogReader | undefined;
  #zeros: ZeroPageFinder | undefined;

  /** @param connection log-dirty mode ends with it */
  constructor(
    private readonly owner: ProcessIdentity,
    private readonly connection: ControlConnection,
    private readonly options: DomainMemoryOptions,
  ) {
    this.#ram = connection.state().ram;
    this.pageCount = this.#ram.length / PAGE_SIZE;
    this.#foreign = new ForeignRam(owner, this.#ram, 'read');
    this.#mover = new PageMover(this.#foreign);
  }

  staticData(): Iterable<ImageRecord> {
    return [];
  }

  context(): Iterable<ImageRecord> {
    return [];
  }

  /**
   * Enables log-dirty mode. From the first reading of the log on, every page is protected, and the guest's
   * next write to it shows. Earlier writes are not lost: nothing has been sent yet, and the first pass
   * sends all pages as they are afterwards.
   */
  enableLogDirty(): void {
    this.connection.do({ kind: 'setLogDirty', enabled: true });
    try {
      this.#log ??= new WriteLogReader(this.owner.pid, this.#ram.address, this.#ram.length);
      this.#log.readAndClear(new Uint32Array(Math.ceil(this.pageCount / 32)));
    } catch (error) {
      this.disableLogDirty();
      throw error;
    }
  }

  cleanLogDirty(bitmap: Uint32Array): number {
    if (this.#log === undefined)
      throw new HostError('wrong-state', "the domain's writes are not being logged");
    try {
      return this.#log.readAndClear(bitmap);
    } finally {
      // The log of a process that has ended may read as anything.
      checkAlive(this.owner);
    }
  }

  disableLogDirty(): void {
    this.connection.do({ kind: 'setLogDirty', enabled: false });
  }

  pageTypes(_pfns: Float64Array, count: number, types: Uint8Array): void {
    types.fill(PageType.NOTAB, 0, count);
  }

  writePages(output: OctetSink, pfns: Float64Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
    const channel: PageChannel = {
      moveVector: (iovec) => writeVector(output, iovec),
      splice: (file, offset, length) =>
        this.options.byReference === true && output.descriptor?.splice(file, offset, length) === true,
    };
    this.#mover.move(channel, pfns, count);
  }

  findZeroPages(pfns: Float64Array, count: number, zero: Uint8Array): void {
    checkPfns(pfns, count, this.pageCount);
    this.#zeros ??= new ZeroPageFinder(this.#foreign);
    this.#zeros.find(pfns, count, zero);
  }

  openCompressor(): PageCompressor | undefined {
    return openCompressor(this.#foreign);
  }

  suspend(): void {
    const { suspendTimeout: timeoutMilliseconds, interrupt, onSuspended } = this.options;
    const request = { kind: 'suspend', timeoutMilliseconds } as const;
    const epoch = this.connection.do(request, timeoutMilliseconds, interrupt);
    onSuspended?.(epoch);
    try {
      // A further request shows that the acknowledgement has arrived: else the domain is resumed when the
      // connection closes.
      this.connection.state();
    } catch (error) {
      // It has arrived, so the domain is suspended even if this request fails; the next one fails, too.
      if (!(error instanceof HostError)) throw error;
    }
  }

  close(): void {
    this.#log?.close();
    this.#zeros?.close();
    this.#foreign.close();
  }
}
