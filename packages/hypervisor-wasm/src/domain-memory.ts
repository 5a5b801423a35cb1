import { HostError, type Memory } from '@mig/hypervisor';
import { type Interrupt, Iovec, type Output, WriteLogReader } from '@mig/posix';
import { type DomainHeader, type ImageRecord, PAGE_SIZE, PageType } from '@mig/protocol';
import type { ControlState } from '@mig/protocol/control';
import type { ControlConnection } from './control-connection.js';
import { checkAlive, checkPfns, ForeignRam } from './foreign-ram.js';
import type { ProcessIdentity } from './process-identity.js';

/** That of the Xen whose verify-stream-v2 is to accept the stream. */
export const DOMAIN_HEADER: DomainHeader = { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 };

const BATCH = 1024;

/** The memory of a domain that is being saved. */
export class DomainMemory implements Memory {
  readonly domainHeader = DOMAIN_HEADER;
  readonly pageCount: number;
  readonly #foreign: ForeignRam;
  readonly #iovec = new Iovec(BATCH);
  readonly #ram: ControlState['ram'];
  #log: WriteLogReader | undefined;

  /**
   * @param connection what log-dirty lasts as long as
   * @param suspendTimeout milliseconds
   * @param onSuspended is told the epoch of the suspend
   * @param interrupt ends the wait for the suspend
   */
  constructor(
    private readonly owner: ProcessIdentity,
    private readonly connection: ControlConnection,
    private readonly suspendTimeout: number,
    private readonly onSuspended: (epoch: number) => void = () => {},
    private readonly interrupt?: Interrupt,
  ) {
    this.#ram = connection.state().ram;
    this.pageCount = this.#ram.length / PAGE_SIZE;
    this.#foreign = new ForeignRam(owner, this.#ram, 'read');
  }

  staticData(): Iterable<ImageRecord> {
    return [];
  }

  context(): Iterable<ImageRecord> {
    return [];
  }

  /**
   * From the first reading of the log on, every page is protected, and the guest's next write to it shows. What it
   * wrote until then is not lost: nothing has been sent yet, and the first pass sends all pages as they are after.
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
      // Whatever the log of a process that has ended reads as.
      checkAlive(this.owner);
    }
  }

  disableLogDirty(): void {
    this.connection.do({ kind: 'setLogDirty', enabled: false });
  }

  pageTypes(_pfns: Uint32Array, count: number, types: Uint8Array): void {
    types.fill(PageType.NOTAB, 0, count);
  }

  writePages(output: Output, pfns: Uint32Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
    const base = this.#foreign.mapping.address;
    for (let first = 0; first < count; first += BATCH) {
      const past = Math.min(count, first + BATCH);
      this.#iovec.clear();
      for (let i = first; i < past; i++) this.#iovec.push(base + pfns[i]! * PAGE_SIZE, PAGE_SIZE);
      output.writev(this.#iovec);
    }
  }

  suspend(): void {
    const timeoutMilliseconds = this.suspendTimeout;
    const request = { kind: 'suspend', timeoutMilliseconds } as const;
    this.onSuspended(this.connection.do(request, timeoutMilliseconds, this.interrupt));
    try {
      // Shows that the acknowledgement has come: else the domain is resumed once the connection is gone.
      this.connection.state();
    } catch (error) {
      // It has come: the domain is suspended whatever becomes of this, and what is asked for next fails, too.
      if (!(error instanceof HostError)) throw error;
    }
  }

  close(): void {
    this.#log?.close();
    this.#foreign.close();
  }
}
