import type { OctetSink } from '@mig/channel';
import { HostError, type Memory } from '@mig/hypervisor';
import { Iovec, writeVector } from '@mig/posix';
import {
  type DomainHeader,
  type HvmParam,
  type ImageRecord,
  PAGE_SHIFT,
  PAGE_SIZE,
  PageType,
} from '@mig/protocol';
import type { XenControl } from './control.js';
import { XenError } from '../xen/errors.js';
import { allMapped, BATCH, Frames } from './frames.js';
import type { HypercallBitmap } from './hypercall-bitmap.js';
import { SAVED_HVM_PARAMS } from './hvm-params.js';
import { Phases } from './phases.js';
import { PhysmapWatch } from './physmap-watch.js';
import { anotherSaverOf } from '../xen/saver-processes.js';

/**
 * The assumed cost of a suspend in milliseconds if none was measured: the guest's own suspend, its device
 * model's state, libxl's work at both ends.
 */
export const ASSUMED_SUSPEND_COST = 500;

/** The libxl layer's part of a save, for the libxc layer. */
export interface SaveCallbacks {
  /** Tells the device model to log the pages that it dirties, or to stop. */
  switchDeviceModelLog(enabled: boolean): void;
  /** @throws where the guest does not suspend */
  suspend(): void;
}

/** Hypervisor calls of a save. */
export type SavingControl = Pick<
  XenControl,
  | 'allocateBitmap'
  | 'cleanLogDirty'
  | 'cpuPolicy'
  | 'describe'
  | 'disableLogDirty'
  | 'enableLogDirty'
  | 'freeBitmap'
  | 'hvmContext'
  | 'hvmParam'
  | 'map'
  | 'pfnCount'
  | 'readPageTypes'
  | 'startLogDirty'
  | 'tscInfo'
  | 'unmap'
>;

const ZEROES = new Uint8Array(PAGE_SIZE);

/** Attempts to map pages that exist, but did not a moment before. */
const MAP_ATTEMPTS = 5;

/**
 * Refuses a guest that is suspended already when it is about to be asked: one that another command has put
 * to RAM must stay so, and libxl would take it as it is.
 * @throws HostError `stale`
 */
export function refuseSuspended(control: Pick<XenControl, 'describe'>, domid: number): void {
  if (control.describe(domid)?.suspended !== true) return;
  throw new HostError('stale', `domain ${domid} was suspended by another command meanwhile`, { domid });
}

/** The memory of an HVM or PVH domain during a save. */
export class XenMemory implements Memory {
  readonly domainHeader: DomainHeader;
  readonly pageCount: number;
  readonly phases = new Phases();
  readonly #frames = new Frames();
  readonly #missing = new Frames();
  readonly #errors = new Int32Array(BATCH);
  readonly #iovec = new Iovec(BATCH);
  #bitmap: HypercallBitmap | undefined;
  #deviceModelLogs = false;
  #suspended = false;
  /** Number of pages of the domain when Xen was last asked. */
  #pages = 0;
  /** The watch of its pages while its writes are logged. */
  #physmap: PhysmapWatch | undefined;

  /** @throws HostError `no-such-domain`, or `foreign-domain` for a PV domain */
  constructor(
    private readonly control: SavingControl,
    private readonly domid: number,
    private readonly callbacks: SaveCallbacks,
    version: { major: number; minor: number },
    /** Finds another process that saves the domain; Xen has one log for all. */
    private readonly anotherSaver = () => anotherSaverOf(domid),
  ) {
    const domain = control.describe(domid);
    if (domain === undefined) throw new HostError('no-such-domain', `there is no domain ${domid}`, { domid });
    if (!domain.hvm) {
      throw new HostError('foreign-domain', `domain ${domid} is a PV domain: mig moves HVM and PVH domains`, {
        domid,
      });
    }
    this.domainHeader = {
      type: 'x86-hvm',
      pageShift: PAGE_SHIFT,
      xenMajor: version.major,
      xenMinor: version.minor,
    };
    this.pageCount = control.pfnCount(domid);
  }

  /**
   * Number of pages that the domain's balloon is known to have taken in during the save, repetitions
   * included.
   */
  get takenIn(): number {
    return this.#physmap?.takenIn ?? 0;
  }

  *staticData(): Iterable<ImageRecord> {
    const { leaves, msrs } = this.control.cpuPolicy(this.domid);
    if (leaves.length > 0) yield { type: 'X86_CPUID_POLICY', leaves };
    if (msrs.length > 0) yield { type: 'X86_MSR_POLICY', msrs };
  }

  context(): Iterable<ImageRecord> {
    return this.phases.measure('context', () => {
      const tsc = this.control.tscInfo(this.domid);
      const context = this.control.hvmContext(this.domid);
      const params: HvmParam[] = SAVED_HVM_PARAMS.map((index) => ({
        index: BigInt(index),
        value: this.control.hvmParam(this.domid, index),
      })).filter(({ value }) => value !== 0n);
      return [
        { type: 'X86_TSC_INFO', ...tsc },
        { type: 'HVM_CONTEXT', context },
        ...(params.length > 0 ? [{ type: 'HVM_PARAMS', params } as const] : []),
      ];
    });
  }

  enableLogDirty(): void {
    this.callbacks.switchDeviceModelLog(true);
    this.#deviceModelLogs = true;
    try {
      this.#bitmap ??= this.control.allocateBitmap(this.pageCount);
      this.#physmap = new PhysmapWatch(this.control, this.domid, this.pageCount);
      this.control.enableLogDirty(this.domid);
    } catch (error) {
      try {
        this.#disableDeviceModelLog();
      } catch {
        // The first error is the one to report.
      }
      throw error;
    }
  }

  cleanLogDirty(bitmap: Uint32Array): number {
    const log = this.#bitmap;
    if (log === undefined) throw new HostError('wrong-state', "the domain's writes are not being logged");
    const dirty = this.phases.measure('log', () => {
      // Checked before reading, too: what this read clears, the other would miss.
      this.#refuseAnotherSaver();
      if (!this.#suspended) this.#pages = this.control.describe(this.domid)?.pages ?? 0;
      const dirty = this.control.cleanLogDirty(this.domid, log, this.#suspended);
      this.#refuseIfInterrupted();
      log.addTo(bitmap);
      return dirty;
    });
    const added = this.phases.measure(
      'types',
      () => this.#physmap?.logRead(bitmap, this.#pages, this.#suspended) ?? 0,
    );
    return dirty + added;
  }

  /**
   * Refuses to go on after another save of the domain. Any other save ends by switching the log off: one
   * that came and went has left it off, and the guest's writes since are lost. One that is still at work
   * may have cleared it.
   */
  #refuseIfInterrupted(): void {
    if (this.control.startLogDirty(this.domid)) {
      throw new HostError(
        'stale',
        `the writes of domain ${this.domid} have not been logged all the time: another command has ended their log`,
        { domid: this.domid },
      );
    }
    this.#refuseAnotherSaver();
  }

  #refuseAnotherSaver(): void {
    const pid = this.anotherSaver();
    if (pid === undefined) return;
    throw new HostError(
      'held',
      `domain ${this.domid} is being saved or migrated by another toolstack as well, whose save helper is process ${pid}`,
      { domid: this.domid },
    );
  }

  disableLogDirty(): void {
    // The log belongs to the other save by now, and so does the device model's.
    if (this.anotherSaver() !== undefined) return;
    try {
      this.control.disableLogDirty(this.domid);
    } finally {
      this.#disableDeviceModelLog();
    }
  }

  #disableDeviceModelLog(): void {
    if (!this.#deviceModelLogs) return;
    this.#deviceModelLogs = false;
    this.callbacks.switchDeviceModelLog(false);
  }

  pageTypes(pfns: Float64Array, count: number, types: Uint8Array): void {
    this.phases.measure('types', () => {
      if (this.#physmap?.recall(pfns, count, types) === true) return;
      const { words } = this.#frames;
      for (let first = 0; first < count; first += BATCH) {
        const some = Math.min(BATCH, count - first);
        this.#frames.fill(pfns, first, some);
        this.control.readPageTypes(this.domid, words, some);
        for (let i = 0; i < some; i++) types[first + i] = words[i * 2]! >>> 28;
      }
    });
  }

  writePages(output: OctetSink, pfns: Float64Array, count: number): void {
    for (let first = 0; first < count; first += BATCH) {
      this.#writeBatch(output, pfns, first, Math.min(BATCH, count - first));
    }
  }

  #writeBatch(output: OctetSink, pfns: Float64Array, first: number, count: number): void {
    this.#frames.fill(pfns, first, count);
    const address = this.phases.measure('mapping', () => this.#map(pfns, first, count));
    try {
      this.phases.measure('writing', () => {
        if (allMapped(this.#errors, count)) this.#writeAll(output, address, count);
        else this.#writeMapped(output, address, count);
      });
    } finally {
      this.phases.measure('unmapping', () => {
        this.control.unmap(address, count);
      });
    }
  }

  /**
   * Maps pages. A running guest's balloon may have given a page back since its type was read, and its
   * octets with it: zeroes replace it. It may also have taken it in again since.
   * @throws XenError for a page that exists and cannot be mapped
   */
  #map(pfns: Float64Array, first: number, count: number): number {
    const { control, domid } = this;
    for (let attempt = 1; ; attempt++) {
      const address = control.map(domid, this.#frames.words, count, 'read', this.#errors);
      if (allMapped(this.#errors, count)) return address;
      try {
        const there = this.#missed(pfns, first, count);
        if (there === undefined) return address;
        if (this.#suspended || attempt === MAP_ATTEMPTS) {
          const pfn = pfns[first + there]!;
          throw new XenError(
            'xenforeignmemory_map',
            -this.#errors[there]!,
            domid,
            `pfn 0x${pfn.toString(16)}`,
          );
        }
      } catch (error) {
        control.unmap(address, count);
        throw error;
      }
      control.unmap(address, count);
    }
  }

  /** @returns the first unmapped page that exists, or must; undefined if none */
  #missed(pfns: Float64Array, first: number, count: number): number | undefined {
    const { words } = this.#missing;
    this.#missing.fill(pfns, first, count);
    this.control.readPageTypes(this.domid, words, count);
    let there: number | undefined;
    for (let i = 0; i < count; i++) {
      if (this.#errors[i] === 0) continue;
      this.#physmap?.missed(pfns[first + i]!);
      if (this.#suspended || words[i * 2]! >>> 28 !== PageType.XTAB) there ??= i;
    }
    return there;
  }

  #writeAll(output: OctetSink, address: number, count: number): void {
    this.#iovec.clear();
    this.#iovec.push(address, count * PAGE_SIZE);
    writeVector(output, this.#iovec);
  }

  #writeMapped(output: OctetSink, address: number, count: number): void {
    this.#iovec.clear();
    for (let i = 0; i < count; i++) {
      if (this.#errors[i] === 0) {
        this.#iovec.push(address + i * PAGE_SIZE, PAGE_SIZE);
        continue;
      }
      writeVector(output, this.#iovec);
      this.#iovec.clear();
      output.write(ZEROES);
    }
    writeVector(output, this.#iovec);
  }

  suspend(): void {
    this.callbacks.suspend();
    const domain = this.control.describe(this.domid);
    // libxl (4.17) reports success even if the guest never acknowledged and the request was cancelled.
    if (domain?.suspended !== true) {
      throw new HostError('suspend-refused', 'the guest has not suspended', { domid: this.domid });
    }
    this.#suspended = true;
    this.#pages = domain.pages;
  }

  close(): void {
    if (this.#bitmap !== undefined) this.control.freeBitmap(this.#bitmap);
    this.#bitmap = undefined;
  }
}
