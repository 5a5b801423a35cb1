/** A fake hypervisor with one domain of a few pages, in the shape of XenControl. */
import { createHash } from 'node:crypto';
import { closeSync, readSync, writeSync } from 'node:fs';
import { setBit } from '@mig/hypervisor';
import { closeDescriptor, createMemoryFile, Mapping } from '@mig/posix';
import { PAGE_SIZE, PageType } from '@mig/protocol';
import type { CpuPolicy, DomainFacts, TscInfo } from './control.js';
import { SUPERPAGE } from './frames.js';
import { HypercallBitmap } from './hypercall-bitmap.js';
import type { RestoringControl } from './incoming-xen-memory.js';
import type { SavingControl } from './xen-memory.js';

/** The seed of every random test. */
export const SEED = 20140602;

export const DOMID = 7;
const ENOENT = 2;

/** Thrown by a call that is made to fail. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export class FakeControl implements SavingControl, RestoringControl {
  /** The domain's memory; missing pages are holes. */
  readonly pages = new Map<number, Uint8Array>();
  /** Broken pages: neither populated nor absent. */
  readonly broken = new Set<number>();
  /** The calls, in order, such as "map read 12". */
  readonly calls: string[] = [];
  /** Number of the call that fails, counted from 0. */
  failing: number | undefined;
  /** Called before each mapping, so that the guest can run. */
  beforeMap: () => void = () => undefined;
  facts: DomainFacts = {
    ...{ hvm: true, dying: false, suspended: false, crashed: false, paused: false },
    ...{ cpuNanoseconds: 0, uuid: '', pages: 0, vcpus: 1 },
  };
  policy: CpuPolicy = { leaves: [], msrs: [] };
  tsc: TscInfo = { mode: 1, khz: 2_000_000, nanoseconds: 3n, incarnation: 4 };
  context: Uint8Array = Uint8Array.of(1, 2, 3);
  readonly params = new Map<number, bigint>();
  readonly grants: { gfn: bigint; domid: number }[] = [];
  /** Frames that were populated, in order, and the first of each superpage. */
  readonly populated: number[] = [];
  readonly superpages: number[] = [];
  /** Number of superpages it has left. */
  piecesOf2Mib = Infinity;
  logsDirty = false;
  /** Whether a page that the guest takes in is logged: so in Xen since 4.22, 4.21.1, 4.20.3 and 4.19.5. */
  logsPagesTakenIn = false;
  /** Called before every call, so that the guest can run. */
  beforeCall: () => void = () => undefined;
  readonly #dirty = new Set<number>();
  /** Pages whose writes are not logged, because they came in after the log was last read. */
  readonly #unlogged = new Set<number>();
  readonly #mappings = new Map<number, Scratch & { frames: number[]; write: boolean }>();
  readonly #bitmaps = new Map<HypercallBitmap, Scratch>();

  constructor(readonly pageCount = 0) {}

  /** Writes to a page as the guest; a missing page is taken in. */
  write(pfn: number, octets: Uint8Array): void {
    this.takeIn(pfn);
    this.pages.set(pfn, octets);
    if (this.logsDirty && !this.#unlogged.has(pfn)) this.#dirty.add(pfn);
  }

  /** Takes a page in, as the guest's balloon does. */
  takeIn(pfn: number): void {
    if (this.pages.has(pfn)) return;
    this.pages.set(pfn, new Uint8Array(PAGE_SIZE));
    this.#unlogged.add(pfn);
    if (this.logsDirty && this.logsPagesTakenIn) this.#dirty.add(pfn);
  }

  /** Gives a page back, as the guest's balloon does; Linux writes zeroes to it before. */
  giveBack(pfn: number, { scrubbed = true } = {}): void {
    if (!this.pages.has(pfn)) return;
    if (scrubbed) this.write(pfn, new Uint8Array(PAGE_SIZE));
    this.pages.delete(pfn);
  }

  /** Resources that the caller should have released. */
  get leftovers(): string[] {
    return [...Array.from(this.#mappings, () => 'a mapping'), ...Array.from(this.#bitmaps, () => 'a bitmap')];
  }

  /** Records a call, also of the callbacks, so that these fail in turn with all others. */
  call(...words: (string | number | bigint)[]): void {
    this.beforeCall();
    this.calls.push(words.join(' '));
    if (this.calls.length - 1 === this.failing) throw new Refusal(words.join(' '));
  }

  /** The calls, with successive equal ones merged. */
  get order(): string[] {
    const names = this.calls.map((call) => call.split(' ')[0]!);
    return names.filter((name, i) => name !== names[i - 1]);
  }

  describe(): DomainFacts | undefined {
    this.call('describe');
    return { ...this.facts, pages: this.pages.size };
  }

  pfnCount(): number {
    this.call('pfnCount');
    return this.pageCount;
  }

  enableLogDirty(): void {
    this.call('enableLogDirty');
    this.logsDirty = true;
    this.#dirty.clear();
    this.#unlogged.clear();
  }

  startLogDirty(): boolean {
    this.call('startLogDirty');
    if (this.logsDirty) return false;
    this.logsDirty = true;
    this.#unlogged.clear();
    return true;
  }

  disableLogDirty(): void {
    this.call('disableLogDirty');
    this.logsDirty = false;
  }

  allocateBitmap(pages: number): HypercallBitmap {
    this.call('allocateBitmap', pages);
    const bitmap = new HypercallBitmap(pages);
    const memory = scratch(bitmap.hypercallPages);
    bitmap.at(memory.mapping.address);
    this.#bitmaps.set(bitmap, memory);
    return bitmap;
  }

  freeBitmap(bitmap: HypercallBitmap): void {
    bitmap.gone();
    const { mapping, fd } = this.#bitmaps.get(bitmap)!;
    mapping.unmap();
    closeSync(fd);
    this.#bitmaps.delete(bitmap);
  }

  cleanLogDirty(_: number, bitmap: HypercallBitmap, final: boolean): number {
    this.call('cleanLogDirty', final ? 'final' : 'live');
    const count = this.#dirty.size;
    const words = new Uint32Array((bitmap.hypercallPages * PAGE_SIZE) / 4);
    for (const pfn of this.#dirty) setBit(words, pfn);
    writeSync(this.#bitmaps.get(bitmap)!.fd, words, 0, words.byteLength, 0);
    this.#dirty.clear();
    this.#unlogged.clear();
    return count;
  }

  readPageTypes(_: number, frames: Uint32Array, count: number): void {
    this.call('readPageTypes', count);
    framesIn(frames, count).forEach((pfn, i) => {
      const there = this.pages.has(pfn) ? PageType.NOTAB : PageType.XTAB;
      frames[i * 2] = (this.broken.has(pfn) ? PageType.BROKEN : there) << 28;
      frames[i * 2 + 1] = 0;
    });
  }

  populate(_: number, frames: Uint32Array, count: number): void {
    this.call('populate', count);
    for (const pfn of framesIn(frames, count)) {
      this.populated.push(pfn);
      this.pages.set(pfn, new Uint8Array(PAGE_SIZE));
    }
  }

  populateSuperpages(_: number, frames: Uint32Array, count: number): number {
    this.call('populateSuperpages', count);
    const given = framesIn(frames, Math.min(count, this.piecesOf2Mib));
    this.piecesOf2Mib -= given.length;
    for (const first of given) {
      this.superpages.push(first);
      for (let i = 0; i < SUPERPAGE; i++) {
        this.populated.push(first + i);
        this.pages.set(first + i, new Uint8Array(PAGE_SIZE));
      }
    }
    return given.length;
  }

  /** Maps pages; a missing frame has octets, too, which nobody should read. */
  map(_: number, words: Uint32Array, count: number, access: 'read' | 'write', errors: Int32Array): number {
    this.call('map', access, count);
    this.beforeMap();
    const { mapping, fd } = scratch(count);
    const frames = framesIn(words, count);
    frames.forEach((pfn, i) => {
      const page = this.pages.get(pfn);
      errors[i] = page === undefined ? -ENOENT : 0;
      writeSync(fd, page ?? FORBIDDEN, 0, PAGE_SIZE, i * PAGE_SIZE);
    });
    this.#mappings.set(mapping.address, { mapping, fd, frames, write: access === 'write' });
    return mapping.address;
  }

  unmap(address: number, count: number): void {
    const { mapping, fd, frames, write } = this.#mappings.get(address)!;
    if (count !== frames.length) throw new Error(`${frames.length} pages were mapped, ${count} unmapped`);
    for (const [i, pfn] of frames.entries()) {
      if (!write || !this.pages.has(pfn)) continue;
      const page = new Uint8Array(PAGE_SIZE);
      readSync(fd, page, 0, PAGE_SIZE, i * PAGE_SIZE);
      this.pages.set(pfn, page);
    }
    mapping.unmap();
    closeSync(fd);
    this.#mappings.delete(address);
  }

  resetConsolePage(_: number, pfn: number): void {
    this.call('resetConsolePage', pfn);
    this.pages.set(pfn, new Uint8Array(PAGE_SIZE));
  }

  clearPage(_: number, pfn: number): void {
    this.call('clearPage', pfn);
    this.pages.set(pfn, new Uint8Array(PAGE_SIZE));
  }

  hvmContext(): Uint8Array {
    this.call('hvmContext');
    return this.context;
  }

  setHvmContext(_: number, context: Uint8Array): void {
    this.call('setHvmContext');
    this.context = context;
  }

  hvmParam(_: number, index: number): bigint {
    this.call('hvmParam', index);
    return this.params.get(index) ?? 0n;
  }

  setHvmParam(_: number, index: number, value: bigint): void {
    this.call('setHvmParam', index);
    this.params.set(index, value);
  }

  tscInfo(): TscInfo {
    this.call('tscInfo');
    return this.tsc;
  }

  setTscInfo(_: number, { mode, khz, nanoseconds, incarnation }: TscInfo): void {
    this.call('setTscInfo');
    this.tsc = { mode, khz, nanoseconds, incarnation };
  }

  cpuPolicy(): CpuPolicy {
    this.call('cpuPolicy');
    return this.policy;
  }

  setCpuPolicy(_: number, policy: CpuPolicy): void {
    this.call('setCpuPolicy');
    this.policy = policy;
  }

  seedGrantTable(
    _: number,
    console: { gfn: bigint; domid: number },
    store: { gfn: bigint; domid: number },
  ): void {
    this.call('seedGrantTable');
    this.grants.push(console, store);
  }
}

const FORBIDDEN = new Uint8Array(PAGE_SIZE).fill(0xee);

/** Makes a page whose octets differ from every other's. */
export function pageOf(pfn: number, version = 1): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE).fill(version);
  new DataView(page.buffer).setFloat64(PAGE_SIZE - 8, pfn);
  return page;
}

/** Digests of the pages in the order of their pfns, small enough to compare and to read. */
export function digests(pages: ReadonlyMap<number, Uint8Array>): [number, string][] {
  return [...pages].sort(([one], [other]) => one - other).map(([pfn, page]) => [pfn, digest(page)]);
}

export function digest(page: Uint8Array | undefined): string {
  return page === undefined ? 'none' : createHash('sha1').update(page).digest('base64');
}

function framesIn(words: Uint32Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => words[i * 2]! + words[i * 2 + 1]! * 2 ** 32);
}

/** A memory file, and its mapping. */
interface Scratch {
  readonly mapping: Mapping;
  readonly fd: number;
}

function scratch(pages: number): Scratch {
  const fd = createMemoryFile('mapped pages', pages * PAGE_SIZE);
  try {
    return { mapping: Mapping.of(fd, pages * PAGE_SIZE, 'write'), fd };
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}
