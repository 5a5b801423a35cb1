/**
 * Tracks which pfns of a domain have a page, while its balloon may give pages back and take pages in. Xen
 * up to 4.18, and 4.19 to 4.21 before 4.19.5, 4.20.3 and 4.21.1, do not log that a page came in, nor what
 * the guest writes to it before the next reading of the log: such a page has to be found by looking.
 */
import { clearBit, HostError, isSet, setBit } from '@mig/hypervisor';
import { PageType, TYPES_WITH_DATA } from '@mig/protocol';
import type { XenControl } from './control.js';
import { BATCH, Frames } from './frames.js';

export type WatchingControl = Pick<XenControl, 'describe' | 'pfnCount' | 'readPageTypes'>;

const ALL = 0xffffffff;

export class PhysmapWatch {
  /** Number of pages found where there had been none. */
  takenIn = 0;
  /** A bit for each pfn that had no page when last looked at. */
  readonly #absent: Uint32Array;
  /** The absent pfns whose type is not XTAB. */
  readonly #broken = new Set<number>();
  /** A bit for each pfn looked at since the log was last read; before the first reading, all pfns. */
  readonly #known: Uint32Array;
  /**
   * A bit for each pfn to be sent again after the next reading: writes to it until then may be missing from
   * the log.
   */
  readonly #again: Uint32Array;
  #anyAgain = false;
  /** Whether anything shows that pages have come or gone since the log was last read. */
  #changed = false;
  readonly #frames = new Frames();
  readonly #pfns = new Float64Array(BATCH);
  #lookedAtAll = false;
  /** Number of pages of the domain when last looked at. */
  #pages: number;

  /** Starts to track; call just before log-dirty mode is enabled. */
  constructor(
    private readonly control: WatchingControl,
    private readonly domid: number,
    private readonly pageCount: number,
  ) {
    const words = Math.ceil(pageCount / 32);
    this.#absent = new Uint32Array(words);
    this.#known = new Uint32Array(words).fill(ALL);
    const odd = pageCount % 32;
    if (odd !== 0) this.#known[words - 1] = ALL >>> (32 - odd);
    this.#again = new Uint32Array(words);
    this.#pages = this.#countPages();
  }

  #countPages(): number {
    return this.control.describe(this.domid)?.pages ?? 0;
  }

  /**
   * Fills `types` with what was seen of the first `count` pfns. The first time, all pfns are looked at.
   * @returns false if one of them was not looked at since the log was last read
   */
  recall(pfns: Float64Array, count: number, types: Uint8Array): boolean {
    if (!this.#lookedAtAll) this.#lookAtAll();
    const known = this.#known;
    const absent = this.#absent;
    for (let i = 0; i < count; i++) {
      const pfn = pfns[i]!;
      if (!isSet(known, pfn)) return false;
      types[i] = isSet(absent, pfn) ? PageType.XTAB : PageType.NOTAB;
    }
    if (this.#broken.size > 0) this.#recallBroken(pfns, count, types);
    return true;
  }

  #recallBroken(pfns: Float64Array, count: number, types: Uint8Array): void {
    for (let i = 0; i < count; i++) if (this.#broken.has(pfns[i]!)) types[i] = PageType.BROKEN;
  }

  #lookAtAll(): void {
    const { words } = this.#frames;
    for (let first = 0; first < this.pageCount; first += BATCH) {
      const count = Math.min(BATCH, this.pageCount - first);
      for (let i = 0; i < count; i++) this.#frames.put(i, first + i);
      this.control.readPageTypes(this.domid, words, count);
      for (let i = 0; i < count; i++) this.#note(first + i, words[i * 2]! >>> 28);
    }
    this.#lookedAtAll = true;
    const pages = this.#countPages();
    // Some of the pages that were seen came in after log-dirty mode was enabled.
    if (pages > this.#pages) this.#sendAgain(this.#known);
    this.#changed = pages !== this.#pages;
    this.#pages = pages;
  }

  /** Notes a pfn that is seen for the first time. */
  #note(pfn: number, type: number): void {
    if (type === PageType.BROKEN) this.#broken.add(pfn);
    if (TYPES_WITH_DATA[type] === 0) setBit(this.#absent, pfn);
  }

  /** Notes that a page was missing when it was to be sent: it has gone, and may be back. */
  missed(pfn: number): void {
    setBit(this.#again, pfn);
    this.#anyAgain = true;
    this.#changed = true;
  }

  /**
   * Adds the pages to send that the log lacks. Looks at the logged pages, because a page given back was
   * usually written to before; and, if anything shows that pages have come or gone, looks for pages where
   * there were none.
   * @param bitmap the log, which has just been read, and what was not sent yet
   * @param pages number of the domain's pages just before the log was read
   * @param suspended no page comes or goes any more
   * @returns number of pages added
   * @throws HostError `stale` where the domain has got memory beyond the log's range
   */
  logRead(bitmap: Uint32Array, pages: number, suspended: boolean): number {
    const added = this.#addAgain(bitmap);
    this.#known.set(bitmap);
    this.#lookedAtAll = true;
    this.#collect(
      (word) => bitmap[word]!,
      (count) => {
        this.#look(count);
      },
    );
    const pagesNow = suspended ? pages : this.#countPages();
    // A page just seen may have been away when the log was read.
    if (pagesNow > pages) this.#sendAgain(bitmap);
    const changed = this.#changed || pages !== this.#pages || pagesNow !== pages;
    this.#changed = false;
    this.#pages = pagesNow;
    return changed ? added + this.#addTakenIn(bitmap) : added;
  }

  #addAgain(bitmap: Uint32Array): number {
    if (!this.#anyAgain) return 0;
    let added = 0;
    for (let word = 0; word < bitmap.length; word++) {
      for (let bits = this.#again[word]! & ~bitmap[word]!; bits !== 0; bits &= bits - 1) added++;
      bitmap[word]! |= this.#again[word]!;
    }
    this.#again.fill(0);
    this.#anyAgain = false;
    return added;
  }

  #sendAgain(bitmap: Uint32Array): void {
    for (let word = 0; word < bitmap.length; word++) this.#again[word]! |= bitmap[word]!;
    this.#anyAgain = true;
  }

  /** Looks at all pfns that had no page, except those in the log. */
  #addTakenIn(bitmap: Uint32Array): number {
    if (this.control.pfnCount(this.domid) > this.pageCount) {
      throw new HostError(
        'stale',
        `domain ${this.domid} has got memory beyond the ${this.pageCount} frames that it had when its migration began: migrate it again`,
        { domid: this.domid },
      );
    }
    let added = 0;
    this.#collect(
      (word) => this.#absent[word]! & ~bitmap[word]!,
      (count) => {
        this.#look(count);
        for (let i = 0; i < count; i++) {
          const pfn = this.#pfns[i]!;
          if (isSet(this.#absent, pfn)) continue;
          setBit(bitmap, pfn);
          setBit(this.#known, pfn);
          added++;
        }
      },
    );
    this.#changed = false;
    return added;
  }

  /** Collects the pfns of set bits in `#pfns`, and calls `use` whenever that is full, and at the end. */
  #collect(bitsOf: (word: number) => number, use: (count: number) => void): void {
    let count = 0;
    for (let word = 0; word < this.#absent.length; word++) {
      for (let bits = bitsOf(word); bits !== 0; bits &= bits - 1) {
        this.#pfns[count++] = word * 32 + 31 - Math.clz32(bits & -bits);
        if (count < BATCH) continue;
        use(count);
        count = 0;
      }
    }
    if (count > 0) use(count);
  }

  /** Asks Xen for the types of the first `count` of `#pfns`. */
  #look(count: number): void {
    const { words } = this.#frames;
    this.#frames.fill(this.#pfns, 0, count);
    this.control.readPageTypes(this.domid, words, count);
    for (let i = 0; i < count; i++) {
      const pfn = this.#pfns[i]!;
      const type = words[i * 2]! >>> 28;
      const isAbsent = TYPES_WITH_DATA[type] === 0;
      if (type === PageType.BROKEN) this.#broken.add(pfn);
      if (isAbsent === isSet(this.#absent, pfn)) continue;
      this.#changed = true;
      if (isAbsent) setBit(this.#absent, pfn);
      else this.#takenIn(pfn);
    }
  }

  #takenIn(pfn: number): void {
    clearBit(this.#absent, pfn);
    this.#broken.delete(pfn);
    this.takenIn++;
    setBit(this.#again, pfn);
    this.#anyAgain = true;
  }
}
