import { HostError, type IncomingMemory } from '@mig/hypervisor';
import { type Input, Iovec, Mapping, sameMemory } from '@mig/posix';
import { type DomainHeader, type ImageRecord, PAGE_SIZE } from '@mig/protocol';
import type { ControlState } from '@mig/protocol/control';
import { DOMAIN_HEADER } from './domain-memory.js';
import { checkPfns, ForeignRam } from './foreign-ram.js';
import type { ProcessIdentity } from './process-identity.js';

const BATCH = 1024;
/** Consecutive pages from which on a system call of their own is worth it. */
const LONG_RUN = 16;

/** The memory of a domain that is being restored: pages are read straight into the RAM of its process. */
export class IncomingDomainMemory implements IncomingMemory {
  readonly pageCount: number;
  readonly #foreign: ForeignRam;
  readonly #iovec = new Iovec(BATCH);
  #scratch: Mapping | undefined;
  /** Until the input turns out to be no pipe. */
  #splices = true;

  constructor(owner: ProcessIdentity, ram: ControlState['ram']) {
    this.pageCount = ram.length / PAGE_SIZE;
    this.#foreign = new ForeignRam(owner, ram, 'write');
  }

  expect({ type, pageShift }: DomainHeader): void {
    if (type === DOMAIN_HEADER.type && pageShift === DOMAIN_HEADER.pageShift) return;
    throw new HostError(
      'foreign-domain',
      `the image is of a domain of type ${type}, not of a WebAssembly domain`,
    );
  }

  staticDataEnd(): void {
    // Its images have none.
  }

  populate(pfns: Float64Array, _types: Uint8Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
  }

  readPages(input: Input, pfns: Float64Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
    this.#iovec.clear();
    for (let first = 0, past; first < count; first = past) {
      past = endOfRun(pfns, first, count);
      if (past - first < LONG_RUN || !this.#spliceRun(input, pfns[first]!, past - first)) {
        this.#pushRun(input, pfns[first]!, past - first);
      }
    }
    input.readv(this.#iovec);
  }

  #pushRun(input: Input, pfn: number, pages: number): void {
    if (this.#iovec.count === BATCH) {
      input.readv(this.#iovec);
      this.#iovec.clear();
    }
    this.#iovec.push(this.#foreign.mapping.address + pfn * PAGE_SIZE, pages * PAGE_SIZE);
  }

  /** @returns false where the input is no pipe */
  #spliceRun(input: Input, pfn: number, pages: number): boolean {
    if (!this.#splices) return false;
    input.readv(this.#iovec);
    this.#iovec.clear();
    this.#splices = input.splice(this.#foreign.descriptor, pfn * PAGE_SIZE, pages * PAGE_SIZE);
    return this.#splices;
  }

  comparePages(input: Input, pfns: Float64Array, count: number): number {
    checkPfns(pfns, count, this.pageCount);
    const base = this.#foreign.mapping.address;
    const scratch = (this.#scratch ??= Mapping.ofMemory('pages to compare', BATCH * PAGE_SIZE)).address;
    let different = 0;
    for (let first = 0; first < count; first += BATCH) {
      const pages = Math.min(BATCH, count - first);
      this.#iovec.clear();
      this.#iovec.push(scratch, pages * PAGE_SIZE);
      input.readv(this.#iovec);
      for (let i = 0; i < pages; i++) {
        const here = base + pfns[first + i]! * PAGE_SIZE;
        if (!sameMemory(here, scratch + i * PAGE_SIZE, PAGE_SIZE)) different++;
      }
    }
    return different;
  }

  apply(record: ImageRecord): void {
    throw new HostError('foreign-domain', `a WebAssembly domain has no ${record.type}`);
  }

  close(): void {
    this.#foreign.close();
    this.#scratch?.unmap();
  }
}

/** The index behind the last of the consecutive pfns from `first` on. */
function endOfRun(pfns: Float64Array, first: number, count: number): number {
  let past = first + 1;
  while (past < count && pfns[past] === pfns[past - 1]! + 1) past++;
  return past;
}
