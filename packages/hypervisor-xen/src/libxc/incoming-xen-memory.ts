import type { OctetSource, Pipe } from '@mig/channel';
import { HostError, type IncomingMemory } from '@mig/hypervisor';
import { closePipe, Iovec, LARGEST_PIPE, Mapping, pipe, readVector, sameMemory } from '@mig/posix';
import {
  type CpuidLeaf,
  type DomainHeader,
  type HvmParam,
  HvmParamIndex,
  type ImageRecord,
  type MsrEntry,
  PAGE_SIZE,
} from '@mig/protocol';
import type { XenControl } from './control.js';
import { XenError } from '../xen/errors.js';
import { allMapped, BATCH, Frames } from './frames.js';
import { Phases } from './phases.js';
import { Populator } from './populator.js';
import { whyNotLoadable, type XenVersion } from '../xen/xen-version.js';

/** Event channels that libxl made for the domain before its image arrives. */
export interface IncomingChannels {
  readonly store: { readonly evtchn: number; readonly domid: number };
  readonly console: { readonly evtchn: number; readonly domid: number };
}

/** Flags of what an image lacked, so that libxl must provide it: XGR_SDD_MISSING_* of xenguest.h. */
export const Missing = { CPUID: 1, MSR: 2 } as const;

export interface RestoreCallbacks {
  /** Called when the static data has been applied. `missing`: bits of Missing. */
  staticDataDone(missing: number): void;
}

/** Hypervisor calls of a restore. */
export type RestoringControl = Pick<
  XenControl,
  | 'clearPage'
  | 'map'
  | 'populate'
  | 'populateSuperpages'
  | 'resetConsolePage'
  | 'seedGrantTable'
  | 'setCpuPolicy'
  | 'setHvmContext'
  | 'setHvmParam'
  | 'setTscInfo'
  | 'unmap'
>;

/**
 * Parameters that name a page of rings, except the console's: the peers are new, and begin with empty
 * rings.
 */
const RINGS: ReadonlySet<number> = new Set([
  HvmParamIndex.STORE_PFN,
  HvmParamIndex.IOREQ_PFN,
  HvmParamIndex.BUFIOREQ_PFN,
]);

/** Pages where xenstored and xenconsoled find the domain's rings. */
export interface RestoreResults {
  readonly storeGfn: bigint;
  readonly consoleGfn: bigint;
}

/** The memory of an HVM or PVH domain during a restore, into a domain that libxl has created. */
export class IncomingXenMemory implements IncomingMemory {
  readonly phases = new Phases();
  readonly #populator: Populator;
  readonly #frames = new Frames();
  readonly #errors = new Int32Array(BATCH);
  readonly #iovec = new Iovec(BATCH);
  #scratch: Mapping | undefined;
  /** The pipe that octets are read through: see SourceDescriptor. */
  #pipe: Pipe | undefined;
  #leaves: readonly CpuidLeaf[] | undefined;
  #msrs: readonly MsrEntry[] | undefined;
  #hvmContext: Uint8Array | undefined;
  #results: RestoreResults = { storeGfn: 0n, consoleGfn: 0n };

  constructor(
    private readonly control: RestoringControl,
    private readonly domid: number,
    private readonly channels: IncomingChannels,
    private readonly callbacks: RestoreCallbacks,
    private readonly version: Pick<XenVersion, 'major' | 'minor' | 'lapic'>,
  ) {
    this.#populator = new Populator(control, domid);
  }

  /** Number of 2 MiB pieces given to the domain. */
  get superpages(): number {
    return this.#populator.superpages;
  }

  expect({ type, pageShift, xenMajor, xenMinor }: DomainHeader): void {
    const { domid } = this;
    const why =
      type === 'x86-hvm' && pageShift === 12
        ? whyNotLoadable({ major: xenMajor, minor: xenMinor }, this.version)
        : `the image is of a domain of type ${type}: mig restores HVM and PVH domains`;
    if (why !== undefined) throw new HostError('foreign-domain', why, { domid });
  }

  staticDataEnd(): void {
    const [leaves, msrs] = [this.#leaves, this.#msrs];
    if (leaves !== undefined || msrs !== undefined) {
      this.control.setCpuPolicy(this.domid, { leaves: leaves ?? [], msrs: msrs ?? [] });
    }
    this.callbacks.staticDataDone(
      (leaves === undefined ? Missing.CPUID : 0) | (msrs === undefined ? Missing.MSR : 0),
    );
  }

  populate(pfns: Float64Array, types: Uint8Array, count: number): void {
    this.phases.measure('populating', () => {
      this.#populator.populate(pfns, types, count);
    });
  }

  readPages(input: OctetSource, pfns: Float64Array, count: number): void {
    for (let first = 0; first < count; first += BATCH) {
      const some = Math.min(BATCH, count - first);
      this.#withMapped(pfns, first, some, 'write', (address) => {
        this.phases.measure('reading', () => {
          this.#iovec.clear();
          this.#iovec.push(address, some * PAGE_SIZE);
          readVector(input, this.#iovec, (this.#pipe ??= pipe(LARGEST_PIPE)));
        });
      });
    }
  }

  comparePages(input: OctetSource, pfns: Float64Array, count: number): number {
    const scratch = (this.#scratch ??= Mapping.ofMemory('pages to compare', BATCH * PAGE_SIZE)).address;
    let different = 0;
    for (let first = 0; first < count; first += BATCH) {
      const some = Math.min(BATCH, count - first);
      this.#iovec.clear();
      this.#iovec.push(scratch, some * PAGE_SIZE);
      readVector(input, this.#iovec);
      this.#withMapped(pfns, first, some, 'read', (address) => {
        for (let i = 0; i < some; i++) {
          if (!sameMemory(address + i * PAGE_SIZE, scratch + i * PAGE_SIZE, PAGE_SIZE)) different++;
        }
      });
    }
    return different;
  }

  #withMapped(
    pfns: Float64Array,
    first: number,
    count: number,
    access: 'read' | 'write',
    use: (address: number) => void,
  ): void {
    this.#frames.fill(pfns, first, count);
    const address = this.phases.measure('mapping', () =>
      this.control.map(this.domid, this.#frames.words, count, access, this.#errors),
    );
    try {
      if (!allMapped(this.#errors, count)) {
        const bad = this.#errors.findIndex((error) => error !== 0);
        const pfn = pfns[first + bad]!.toString(16);
        throw new XenError('xenforeignmemory_map', -this.#errors[bad]!, this.domid, `pfn 0x${pfn}`);
      }
      use(address);
    } finally {
      this.phases.measure('unmapping', () => this.control.unmap(address, count));
    }
  }

  apply(record: ImageRecord): void {
    // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- all others are of other domains
    switch (record.type) {
      case 'X86_CPUID_POLICY':
        this.#leaves = record.leaves;
        return;
      case 'X86_MSR_POLICY':
        this.#msrs = record.msrs;
        return;
      case 'X86_TSC_INFO':
        this.control.setTscInfo(this.domid, record);
        return;
      case 'HVM_CONTEXT':
        // Its octets are valid only during the call; they are applied when all else is in place.
        this.#hvmContext = new Uint8Array(record.context);
        return;
      case 'HVM_PARAMS':
        for (const param of record.params) this.#setParam(param);
        return;
      default:
        throw new HostError('foreign-domain', `an HVM or PVH domain has no ${record.type}`, {
          domid: this.domid,
        });
    }
  }

  #setParam({ index, value }: HvmParam): void {
    const param = Number(index);
    if (param > 0xffffffff) {
      throw new HostError('bad-guest', `there is no HVM parameter ${index}`, { domid: this.domid });
    }
    // Obsolete; old images have it.
    if (param === HvmParamIndex.PAE_ENABLED) return;
    if (param === HvmParamIndex.STORE_PFN) this.#results = { ...this.#results, storeGfn: value };
    if (param === HvmParamIndex.CONSOLE_PFN) {
      this.#results = { ...this.#results, consoleGfn: value };
      this.#anew(() => this.control.resetConsolePage(this.domid, Number(value)));
    }
    if (RINGS.has(param)) this.#anew(() => this.control.clearPage(this.domid, Number(value)));
    this.control.setHvmParam(this.domid, param, value);
  }

  /** Clears a page; as in libxc, a missing page needs no clearing. */
  #anew(clear: () => void): void {
    try {
      clear();
    } catch (error) {
      if (!(error instanceof XenError)) throw error;
    }
  }

  /** Completes the restore after the end of the image; then the domain can run. */
  complete(): RestoreResults {
    const { domid, control, channels } = this;
    const { storeGfn, consoleGfn } = this.#results;
    if (this.#hvmContext === undefined) {
      throw new HostError('bad-guest', 'the image has no HVM_CONTEXT', { domid });
    }
    control.setHvmParam(domid, HvmParamIndex.STORE_EVTCHN, BigInt(channels.store.evtchn));
    control.setHvmParam(domid, HvmParamIndex.CONSOLE_EVTCHN, BigInt(channels.console.evtchn));
    control.setHvmContext(domid, this.#hvmContext);
    control.seedGrantTable(
      domid,
      { gfn: consoleGfn, domid: channels.console.domid },
      { gfn: storeGfn, domid: channels.store.domid },
    );
    return this.#results;
  }

  close(): void {
    this.#scratch?.unmap();
    this.#scratch = undefined;
    if (this.#pipe !== undefined) closePipe(this.#pipe);
    this.#pipe = undefined;
  }
}
