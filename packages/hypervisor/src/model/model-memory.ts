/**
 * Memory of a domain that consists of a version number per page: a test can foresee and compare it. A page of version 0
 * has zeros alone.
 */
import { setBit } from '../bitmap.js';
import type { Memory, PageCompressor } from '../memory.js';
import { ModelCompressor } from './model-compressor.js';
import type { OctetSink } from '@mig/channel';
import { PAGE_SHIFT, PAGE_SIZE, PageType } from '@mig/protocol';

export class ModelMemory implements Memory {
  readonly domainHeader = { type: 'x86-hvm', pageShift: PAGE_SHIFT, xenMajor: 4, xenMinor: 17 } as const;
  readonly versions: Uint32Array;
  /** The calls in order. */
  readonly calls: string[] = [];
  /** Called before each batch is written: the guest's chance to run. */
  beforeBatch: () => void = () => undefined;
  /** The holes: pfns that were never populated. */
  readonly holes = new Set<number>();
  #log: Set<number> | undefined;
  #suspended = false;
  readonly #page = new Uint8Array(PAGE_SIZE);

  constructor(readonly pageCount: number) {
    this.versions = new Uint32Array(pageCount).fill(1);
  }

  /** Lets the guest write to a page. */
  dirty(pfn: number): void {
    if (this.#suspended) throw new Error('a suspended guest does not run');
    this.versions[pfn]!++;
    this.#log?.add(pfn);
  }

  /** Lets the guest clear a page. */
  clear(pfn: number): void {
    this.dirty(pfn);
    this.versions[pfn] = 0;
  }

  get logDirty(): boolean {
    return this.#log !== undefined;
  }

  staticData() {
    return [];
  }

  context() {
    return [{ type: 'X86_TSC_INFO', mode: 0, khz: 1, nanoseconds: 2n, incarnation: 0 }] as const;
  }

  enableLogDirty(): void {
    this.calls.push('enable');
    this.#log = new Set();
  }

  cleanLogDirty(bitmap: Uint32Array): number {
    this.calls.push('clean');
    const count = this.#log!.size;
    for (const pfn of this.#log!) setBit(bitmap, pfn);
    this.#log!.clear();
    return count;
  }

  disableLogDirty(): void {
    this.calls.push('disable');
    this.#log = undefined;
  }

  pageTypes(pfns: Float64Array, count: number, types: Uint8Array): void {
    for (let i = 0; i < count; i++) types[i] = this.holes.has(pfns[i]!) ? PageType.XTAB : PageType.NOTAB;
  }

  writePages(output: OctetSink, pfns: Float64Array, count: number): void {
    this.beforeBatch();
    for (let i = 0; i < count; i++) {
      new DataView(this.#page.buffer).setUint32(0, this.versions[pfns[i]!]!, true);
      output.write(this.#page);
    }
  }

  findZeroPages(pfns: Float64Array, count: number, zero: Uint8Array): void {
    for (let i = 0; i < count; i++) zero[i] = Number(this.versions[pfns[i]!] === 0);
  }

  openCompressor(): PageCompressor | undefined {
    this.calls.push('compressor');
    return new ModelCompressor(
      (pfn) => this.versions[pfn]!,
      () => this.beforeBatch(),
      () => this.calls.push('compressor closed'),
    );
  }

  suspend(): void {
    this.calls.push('suspend');
    this.#suspended = true;
  }
}
