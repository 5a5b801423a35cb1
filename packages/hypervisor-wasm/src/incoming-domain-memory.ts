import type { OctetSource, Pipe } from '@mig/channel';
import { HostError, type IncomingMemory } from '@mig/hypervisor';
import { closePipe, Iovec, LARGEST_PIPE, Mapping, pipe, readVector, sameMemory } from '@mig/posix';
import {
  type DomainHeader,
  type ImageRecord,
  MAX_BATCH_SIZE,
  PAGE_SIZE,
  type ZeroPagesRecord,
  type ZstdPagesRecord,
} from '@mig/protocol';
import type { ControlState } from './control/control-messages.js';
import { DOMAIN_HEADER } from './domain-memory.js';
import { checkPfns, ForeignRam } from './foreign-ram.js';
import { type PageChannel, PageMover } from './page-mover.js';
import type { ProcessIdentity } from './process-identity.js';
import { PageDecompressor } from './compressed-pages.js';
import { makeZeroPages } from './zero-pages.js';

/** The memory of a domain during a restore: pages are read straight into its process's RAM. */
export class IncomingDomainMemory implements IncomingMemory {
  readonly pageCount: number;
  readonly #foreign: ForeignRam;
  readonly #iovec = new Iovec(MAX_BATCH_SIZE);
  readonly #mover: PageMover;
  #scratch: Mapping | undefined;
  #decompressor: PageDecompressor | undefined;
  /** The pipe that octets are spliced through: see SourceDescriptor. */
  #pipe: Pipe | undefined;

  constructor(owner: ProcessIdentity, ram: ControlState['ram']) {
    this.pageCount = ram.length / PAGE_SIZE;
    this.#foreign = new ForeignRam(owner, ram, 'write');
    this.#mover = new PageMover(this.#foreign);
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

  readPages(input: OctetSource, pfns: Float64Array, count: number): void {
    checkPfns(pfns, count, this.pageCount);
    const through = (this.#pipe ??= pipe(LARGEST_PIPE));
    const channel: PageChannel = {
      moveVector: (iovec) => readVector(input, iovec, through),
      splice: (file, offset, length) => input.descriptor?.splice(file, offset, length, through) === true,
    };
    this.#mover.move(channel, pfns, count);
  }

  comparePages(input: OctetSource, pfns: Float64Array, count: number): number {
    checkPfns(pfns, count, this.pageCount);
    const base = this.#foreign.mapping.address;
    const scratch = (this.#scratch ??= Mapping.ofMemory('pages to compare', MAX_BATCH_SIZE * PAGE_SIZE))
      .address;
    let different = 0;
    for (let first = 0; first < count; first += MAX_BATCH_SIZE) {
      const pages = Math.min(MAX_BATCH_SIZE, count - first);
      this.#iovec.clear();
      this.#iovec.push(scratch, pages * PAGE_SIZE);
      readVector(input, this.#iovec);
      for (let i = 0; i < pages; i++) {
        const here = base + pfns[first + i]! * PAGE_SIZE;
        if (!sameMemory(here, scratch + i * PAGE_SIZE, PAGE_SIZE)) different++;
      }
    }
    return different;
  }

  zeroPages(record: ZeroPagesRecord): void {
    makeZeroPages(this.#foreign, record);
  }

  zstdPages(record: ZstdPagesRecord): void {
    checkPfns(record.pfns, record.pfns.length, this.pageCount);
    this.#decompressor ??= new PageDecompressor(this.#foreign);
    this.#decompressor.put(record);
  }

  apply(record: ImageRecord): void {
    throw new HostError('foreign-domain', `a WebAssembly domain has no ${record.type}`);
  }

  close(): void {
    this.#foreign.close();
    this.#scratch?.unmap();
    this.#decompressor?.close();
    if (this.#pipe !== undefined) closePipe(this.#pipe);
  }
}
