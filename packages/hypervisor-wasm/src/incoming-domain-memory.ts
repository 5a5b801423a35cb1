import { HostError, type IncomingMemory } from '@mig/hypervisor';
import { closeDescriptor, createMemoryFile, type Input, Iovec, Mapping, sameMemory } from '@mig/posix';
import type { DomainHeader, ImageRecord } from '@mig/protocol';
import type { ControlState } from '@mig/protocol/control';
import { DOMAIN_HEADER } from './domain-memory.js';
import { checkPfns, mapForeignRam, PAGE_SIZE } from './foreign-ram.js';
import type { ProcessIdentity } from './process-identity.js';

const BATCH = 1024;

/** The memory of a domain that is being restored: pages are read straight into the RAM of its process. */
export class IncomingDomainMemory implements IncomingMemory {
  readonly pageCount: number;
  readonly #mapping: Mapping;
  readonly #iovec = new Iovec(BATCH);
  #scratch: Mapping | undefined;

  constructor(owner: ProcessIdentity, ram: ControlState['ram']) {
    this.pageCount = ram.length / PAGE_SIZE;
    this.#mapping = mapForeignRam(owner, ram, 'write');
  }

  expect({ type, pageShift }: DomainHeader): void {
    if (type === DOMAIN_HEADER.type && pageShift === DOMAIN_HEADER.pageShift) return;
    throw new HostError(
      'foreign-domain',
      `the image is of a domain of type ${type}, not of a WebAssembly domain`,
    );
  }

  populate(pfns: Float64Array, _types: Uint8Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
  }

  readPages(input: Input, pfns: Float64Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
    const base = this.#mapping.address;
    for (let first = 0; first < count; first += BATCH) {
      const past = Math.min(count, first + BATCH);
      this.#iovec.clear();
      for (let i = first; i < past; i++) this.#iovec.push(base + pfns[i]! * PAGE_SIZE, PAGE_SIZE);
      input.readv(this.#iovec);
    }
  }

  comparePages(input: Input, pfns: Float64Array, count: number): number {
    checkPfns(pfns, count, this.pageCount);
    const base = this.#mapping.address;
    const scratch = (this.#scratch ??= makeScratch()).address;
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
    this.#mapping.unmap();
    this.#scratch?.unmap();
  }
}

function makeScratch(): Mapping {
  const fd = createMemoryFile('pages to compare', BATCH * PAGE_SIZE);
  try {
    return Mapping.of(fd, BATCH * PAGE_SIZE, 'write');
  } finally {
    closeDescriptor(fd);
  }
}
