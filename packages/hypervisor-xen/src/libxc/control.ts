/**
 * Calls of libxenctrl, libxenguest and libxenforeignmemory that mig uses, each declared once. Prototypes:
 * tools/include/xenctrl.h, xenguest.h and xenforeignmemory.h, equal in Xen 4.16 to 4.22. Frame lists are
 * arrays of xen_pfn_t, 64 bits each: here pairs of 32-bit words, the lower first, because BigInt is slow.
 */
import koffi from 'koffi';
import { HostError } from '@mig/hypervisor';
import type { CpuidLeaf, MsrEntry } from '@mig/protocol';
import { emptyLeaves, emptyMsrs, readLeaves, readMsrs, writeLeaves, writeMsrs } from './cpu-policy-octets.js';
import { XenError } from '../xen/errors.js';
import { allMapped, SUPERPAGE_ORDER } from './frames.js';
import { HypercallBitmap } from './hypercall-bitmap.js';
import { loadLibrary } from '../xen/load-library.js';
import { UUID_SIZE, uuidText } from '../xen/uuid.js';
import type { XenVersion } from '../xen/xen-version.js';

/** Numbers of XEN_DOMCTL_SHADOW_OP_* (public/domctl.h). */
const SHADOW_OP_OFF = 0;
const SHADOW_OP_ENABLE_LOGDIRTY = 2;
const SHADOW_OP_CLEAN = 11;
/** The flag XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL: pages that Xen itself has mapped count as dirty. */
const LOGDIRTY_FINAL = 1;

const EBUSY = koffi.os.errno['EBUSY']!;
const ENOMEM = koffi.os.errno['ENOMEM']!;

const PROT_READ = 1;
const PROT_WRITE = 2;

/**
 * XEN_SYSCTL_cpu_policy_hvm_max (public/sysctl.h): the most that an HVM or PVH domain can be offered, and
 * is checked against.
 */
const CPU_POLICY_HVM_MAX = 3;

/** Flags XEN_DOMINF_* (public/domctl.h). */
const DOMINF_DYING = 1 << 0;
const DOMINF_HVM_GUEST = 1 << 1;
const DOMINF_SHUTDOWN = 1 << 2;
const DOMINF_PAUSED = 1 << 3;
const DOMINF_SHUTDOWN_SHIFT = 16;
const DOMINF_SHUTDOWN_MASK = 0xff;
/** Reasons SHUTDOWN_suspend and SHUTDOWN_crash (public/sched.h). */
const SHUTDOWN_SUSPEND = 2;
const SHUTDOWN_CRASH = 3;

/**
 * Retries of calls that Xen answers with EBUSY: another toolstack's operation on the domain's log is
 * unfinished, or a page is being paged in or out. Ten seconds in all.
 */
const RETRIES: Retries = { attempts: 1000, pause: 10 };

interface Retries {
  readonly attempts: number;
  /** Milliseconds between two attempts. */
  readonly pause: number;
}

type Libraries = ReturnType<typeof declareControl>;
/** A function that takes the interface and a domain, and fails with a negative number. */
type DomainCall = Exclude<keyof Libraries, 'xc_interface_open' | 'xc_dom_console_init'>;

/** @throws HostError where a library is missing, and koffi's error where a function is */
export function declareControl({ libraries, consolePage }: XenVersion) {
  const control = loadLibrary(libraries.control);
  const guest = loadLibrary(libraries.guest);
  const foreign = loadLibrary('libxenforeignmemory.so.1');
  return {
    xc_interface_open: control.func('uintptr_t xc_interface_open(uintptr_t, uintptr_t, unsigned int)'),
    xc_interface_close: control.func('int xc_interface_close(uintptr_t xch)'),
    xc_interface_fmem_handle: control.func('uintptr_t xc_interface_fmem_handle(uintptr_t xch)'),
    xc_domain_getinfolist: control.func(
      'int xc_domain_getinfolist(uintptr_t xch, uint32_t first, unsigned int count, void *info)',
    ),
    xc_domain_pause: control.func('int xc_domain_pause(uintptr_t xch, uint32_t domid)'),
    xc_domain_unpause: control.func('int xc_domain_unpause(uintptr_t xch, uint32_t domid)'),
    xc_domain_nr_gpfns: control.func('int xc_domain_nr_gpfns(uintptr_t xch, uint32_t domid, void *count)'),
    xc_shadow_control: control.func(
      'int xc_shadow_control(uintptr_t xch, uint32_t domid, unsigned int op, void *mb, unsigned int mode)',
    ),
    xc_logdirty_control: control.func(
      'long long xc_logdirty_control(uintptr_t xch, uint32_t domid, unsigned int op, void *bitmap, unsigned long pages, unsigned int mode, void *stats)',
    ),
    xc__hypercall_buffer_alloc_pages: control.func(
      'uintptr_t xc__hypercall_buffer_alloc_pages(uintptr_t xch, void *buffer, int pages)',
    ),
    xc__hypercall_buffer_free_pages: control.func(
      'void xc__hypercall_buffer_free_pages(uintptr_t xch, void *buffer, int pages)',
    ),
    // Exported, but declared only in the private header.
    xc_get_pfn_type_batch: control.func(
      'int xc_get_pfn_type_batch(uintptr_t xch, uint32_t domid, unsigned int count, void *frames)',
    ),
    xc_domain_populate_physmap: control.func(
      'int xc_domain_populate_physmap(uintptr_t xch, uint32_t domid, unsigned long count, unsigned int order, unsigned int flags, void *frames)',
    ),
    xc_clear_domain_pages: control.func(
      'int xc_clear_domain_pages(uintptr_t xch, uint32_t domid, unsigned long first, int count)',
    ),
    xc_domain_hvm_getcontext: control.func(
      'int xc_domain_hvm_getcontext(uintptr_t xch, uint32_t domid, void *context, uint32_t size)',
    ),
    xc_domain_hvm_setcontext: control.func(
      'int xc_domain_hvm_setcontext(uintptr_t xch, uint32_t domid, void *context, uint32_t size)',
    ),
    xc_hvm_param_get: control.func(
      'int xc_hvm_param_get(uintptr_t xch, uint32_t domid, uint32_t index, void *value)',
    ),
    xc_hvm_param_set: control.func(
      'int xc_hvm_param_set(uintptr_t xch, uint32_t domid, uint32_t index, uint64_t value)',
    ),
    xc_domain_get_tsc_info: control.func(
      'int xc_domain_get_tsc_info(uintptr_t xch, uint32_t domid, void *mode, void *nanoseconds, void *khz, void *incarnation)',
    ),
    xc_domain_set_tsc_info: control.func(
      'int xc_domain_set_tsc_info(uintptr_t xch, uint32_t domid, uint32_t mode, uint64_t nanoseconds, uint32_t khz, uint32_t incarnation)',
    ),
    xc_cpu_policy_get_size: guest.func('int xc_cpu_policy_get_size(uintptr_t xch, void *leaves, void *msrs)'),
    xc_cpu_policy_init: guest.func('uintptr_t xc_cpu_policy_init()'),
    xc_cpu_policy_destroy: guest.func('void xc_cpu_policy_destroy(uintptr_t policy)'),
    xc_cpu_policy_get_domain: guest.func(
      'int xc_cpu_policy_get_domain(uintptr_t xch, uint32_t domid, uintptr_t policy)',
    ),
    xc_cpu_policy_get_system: guest.func(
      'int xc_cpu_policy_get_system(uintptr_t xch, unsigned int index, uintptr_t policy)',
    ),
    xc_cpu_policy_update_cpuid: guest.func(
      'int xc_cpu_policy_update_cpuid(uintptr_t xch, uintptr_t policy, void *leaves, uint32_t count)',
    ),
    xc_cpu_policy_update_msrs: guest.func(
      'int xc_cpu_policy_update_msrs(uintptr_t xch, uintptr_t policy, void *msrs, uint32_t count)',
    ),
    xc_cpu_policy_is_compatible: guest.func(
      'bool xc_cpu_policy_is_compatible(uintptr_t xch, uintptr_t host, uintptr_t guest)',
    ),
    xc_cpu_policy_serialise: guest.func(
      'int xc_cpu_policy_serialise(uintptr_t xch, uintptr_t policy, void *leaves, void *leafCount, void *msrs, void *msrCount)',
    ),
    xc_set_domain_cpu_policy: guest.func(
      'int xc_set_domain_cpu_policy(uintptr_t xch, uint32_t domid, uint32_t leafCount, void *leaves, uint32_t msrCount, void *msrs, void *errorLeaf, void *errorSubleaf, void *errorMsr)',
    ),
    xc_dom_console_init:
      consolePage === 'disconnected'
        ? guest.func('int xc_dom_console_init(uintptr_t xch, uint32_t domid, uint64_t consoleGfn)')
        : undefined,
    xc_dom_gnttab_seed: guest.func(
      'int xc_dom_gnttab_seed(uintptr_t xch, uint32_t domid, bool hvm, uint64_t consoleGfn, uint64_t storeGfn, uint32_t consoleDomid, uint32_t storeDomid)',
    ),
    xenforeignmemory_map: foreign.func(
      'uintptr_t xenforeignmemory_map(uintptr_t handle, uint32_t domid, int protection, size_t count, void *frames, void *errors)',
    ),
    xenforeignmemory_unmap: foreign.func(
      'int xenforeignmemory_unmap(uintptr_t handle, uintptr_t address, size_t count)',
    ),
  };
}

export interface DomainFacts {
  readonly hvm: boolean;
  /** Whether it is being destroyed. */
  readonly dying: boolean;
  /** Whether it is shut down with the reason suspend. */
  readonly suspended: boolean;
  readonly crashed: boolean;
  /** Whether Xen counts at least one pause of it. */
  readonly paused: boolean;
  /** Processor time of all its vcpus; constant while none runs. */
  readonly cpuNanoseconds: number;
  readonly uuid: string;
  /** Number of its pages, including those that Xen holds for it. */
  readonly pages: number;
  readonly vcpus: number;
}

export interface TscInfo {
  readonly mode: number;
  readonly khz: number;
  readonly nanoseconds: bigint;
  readonly incarnation: number;
}

export interface CpuPolicy {
  readonly leaves: readonly CpuidLeaf[];
  readonly msrs: readonly MsrEntry[];
}

/** An open interface to the hypervisor. Every method throws XenError where the call fails. */
export class XenControl {
  readonly #xen: Libraries;
  readonly #xch: number;
  readonly #foreign: number;
  readonly #version: XenVersion;

  /** @throws HostError where the libraries or the hypervisor cannot be reached */
  constructor(
    version: XenVersion,
    private readonly retries = RETRIES,
  ) {
    this.#version = version;
    this.#xen = declareControl(version);
    this.#xch = this.#xen.xc_interface_open(0, 0, 0) as number;
    if (this.#xch === 0) {
      throw new HostError(
        'unavailable',
        `xc_interface_open: errno ${koffi.errno()}: is this dom0, and are you root?`,
      );
    }
    this.#foreign = this.#xen.xc_interface_fmem_handle(this.#xch) as number;
  }

  close(): void {
    this.#xen.xc_interface_close(this.#xch);
  }

  #call(name: DomainCall, domid: number, ...parameters: unknown[]): number {
    const result = this.#try(name, domid, parameters);
    if (result < 0) throw new XenError(name, koffi.errno(), domid);
    return result;
  }

  /** Calls a function, and repeats the call while Xen is busy; errno is the last call's. */
  #try(name: DomainCall, domid: number, parameters: readonly unknown[]): number {
    for (let attempt = 1; ; attempt++) {
      const result = this.#xen[name](this.#xch, domid, ...parameters) as number;
      if (result >= 0 || koffi.errno() !== EBUSY || !this.#waits(attempt)) return result;
    }
  }

  /** @returns false once it has waited long enough */
  #waits(attempt: number): boolean {
    const { attempts, pause } = this.retries;
    if (attempt >= attempts) return false;
    Atomics.wait(STILL, 0, 0, pause);
    return true;
  }

  /**
   * Refuses a dying domain, for whose log Xen's answer depends on the version: 0 up to 4.17, EINVAL later.
   */
  #refuseDying(domid: number): void {
    if (this.describe(domid)?.dying === false) return;
    throw new HostError('domain-died', `domain ${domid} is being destroyed`, { domid });
  }

  /** @returns undefined if there is no such domain */
  describe(domid: number): DomainFacts | undefined {
    const { size, flags, totalPages, cpuTime, onlineVcpus, handle } = this.#version.domainInfo;
    const info = new DataView(new ArrayBuffer(size));
    const found = this.#call('xc_domain_getinfolist', domid, 1, info);
    // If this domain does not exist, Xen describes the next one that does.
    if (found !== 1 || info.getUint16(0, true) !== domid) return undefined;
    const word = info.getUint32(flags, true);
    const shutdown = (word & DOMINF_SHUTDOWN) !== 0;
    const reason = (word >>> DOMINF_SHUTDOWN_SHIFT) & DOMINF_SHUTDOWN_MASK;
    return {
      hvm: (word & DOMINF_HVM_GUEST) !== 0,
      dying: (word & DOMINF_DYING) !== 0,
      suspended: shutdown && reason === SHUTDOWN_SUSPEND,
      crashed: shutdown && reason === SHUTDOWN_CRASH,
      paused: (word & DOMINF_PAUSED) !== 0,
      cpuNanoseconds: Number(info.getBigUint64(cpuTime, true)),
      uuid: uuidText(new Uint8Array(info.buffer, handle, UUID_SIZE)),
      pages: Number(info.getBigUint64(totalPages, true)),
      vcpus: info.getUint32(onlineVcpus, true),
    };
  }

  /** Adds one pause; Xen counts them, and each needs its own unpause before the domain runs. */
  pause(domid: number): void {
    this.#call('xc_domain_pause', domid);
  }

  unpause(domid: number): void {
    this.#call('xc_domain_unpause', domid);
  }

  /** The highest pfn plus one, holes included. */
  pfnCount(domid: number): number {
    const count = new BigUint64Array(1);
    this.#call('xc_domain_nr_gpfns', domid, count);
    return Number(count[0]);
  }

  /** Enables log-dirty mode, even if a dead toolstack left it on. */
  enableLogDirty(domid: number): void {
    if (this.#try('xc_shadow_control', domid, [SHADOW_OP_ENABLE_LOGDIRTY, null, 0]) === 0) return;
    this.#refuseDying(domid);
    this.disableLogDirty(domid);
    this.#call('xc_shadow_control', domid, SHADOW_OP_ENABLE_LOGDIRTY, null, 0);
  }

  /**
   * Enables log-dirty mode if it is off.
   * @returns whether it was off; otherwise it stays on
   * @throws HostError `domain-died`
   */
  startLogDirty(domid: number): boolean {
    const result = this.#try('xc_shadow_control', domid, [SHADOW_OP_ENABLE_LOGDIRTY, null, 0]);
    const error = result === 0 ? undefined : new XenError('xc_shadow_control', koffi.errno(), domid);
    this.#refuseDying(domid);
    if (error !== undefined && error.code !== 'EINVAL') throw error;
    return error === undefined;
  }

  disableLogDirty(domid: number): void {
    this.#call('xc_shadow_control', domid, SHADOW_OP_OFF, null, 0);
  }

  /** Allocates a bitmap for `cleanLogDirty`, with a bit for each of `pages`. */
  allocateBitmap(pages: number): HypercallBitmap {
    const bitmap = new HypercallBitmap(pages);
    const { buffer, hypercallPages } = bitmap;
    const address = this.#xen.xc__hypercall_buffer_alloc_pages(this.#xch, buffer, hypercallPages) as number;
    if (address === 0) throw new HostError('unavailable', `no memory for a bitmap of ${pages} pages`);
    bitmap.at(address);
    return bitmap;
  }

  freeBitmap(bitmap: HypercallBitmap): void {
    this.#xen.xc__hypercall_buffer_free_pages(this.#xch, bitmap.buffer, bitmap.hypercallPages);
    bitmap.gone();
  }

  /**
   * Reads the log into the bitmap, and clears it.
   * @param final the domain is suspended, and this is the last time
   * @returns number of dirty pages
   */
  cleanLogDirty(domid: number, bitmap: HypercallBitmap, final: boolean): number {
    const stats = new Uint32Array(2);
    const mode = final ? LOGDIRTY_FINAL : 0;
    const { buffer, pages } = bitmap;
    const read = this.#call('xc_logdirty_control', domid, SHADOW_OP_CLEAN, buffer, pages, mode, stats);
    if (read !== pages) {
      this.#refuseDying(domid);
      throw new XenError('xc_logdirty_control', 0, domid, `it read the log of ${read} pages of ${pages}`);
    }
    return stats[1]!;
  }

  /**
   * Replaces frame numbers by page types.
   * @param frames at most 1024; afterwards bits 31 to 28 of each lower word are the type
   */
  readPageTypes(domid: number, frames: Uint32Array, count: number): void {
    this.#call('xc_get_pfn_type_batch', domid, count, frames);
  }

  /** Gives the domain a page at each frame. */
  populate(domid: number, frames: Uint32Array, count: number): void {
    const given = this.#populate(domid, frames, count, 0);
    if (given === count) return;
    if (given < 0) throw new XenError('xc_domain_populate_physmap', koffi.errno(), domid);
    const detail = `Xen gave ${given} page${given === 1 ? '' : 's'} of ${count}: the host has no more, or the domain may have no more`;
    throw new XenError('xc_domain_populate_physmap', ENOMEM, domid, detail);
  }

  /**
   * Gives the domain one contiguous piece of 2 MiB at each frame, whose number is a multiple of SUPERPAGE.
   * @returns number of pieces given, the first ones: fewer if the host's memory is fragmented
   */
  populateSuperpages(domid: number, frames: Uint32Array, count: number): number {
    return Math.max(0, this.#populate(domid, frames, count, SUPERPAGE_ORDER));
  }

  /**
   * Asks once: a repetition would give the same pages again. (`xc_domain_populate_physmap_exact` says EBUSY
   * if it gave fewer.)
   * @returns number of frames given, the first ones; negative if the call itself failed
   */
  #populate(domid: number, frames: Uint32Array, count: number, order: number): number {
    return this.#xen.xc_domain_populate_physmap(this.#xch, domid, count, order, 0, frames) as number;
  }

  /**
   * Maps the frames one after the other. A frame that could not be mapped has its negated error number in
   * `errors`, and must not be touched.
   * @returns the address of the first
   */
  map(
    domid: number,
    frames: Uint32Array,
    count: number,
    access: 'read' | 'write',
    errors: Int32Array,
  ): number {
    const protection = access === 'read' ? PROT_READ : PROT_READ | PROT_WRITE;
    for (let attempt = 1; ; attempt++) {
      const address = this.#xen.xenforeignmemory_map(
        this.#foreign,
        domid,
        protection,
        count,
        frames,
        errors,
      ) as number;
      if (address === 0) {
        const error = new XenError('xenforeignmemory_map', koffi.errno(), domid);
        if (error.errno !== EBUSY || !this.#waits(attempt)) throw error;
        continue;
      }
      if (allMapped(errors, count) || !isAnyBusy(errors, count) || !this.#waits(attempt)) return address;
      this.unmap(address, count);
    }
  }

  unmap(address: number, count: number): void {
    this.#xen.xenforeignmemory_unmap(this.#foreign, address, count);
  }

  clearPage(domid: number, pfn: number): void {
    this.#call('xc_clear_domain_pages', domid, pfn, 1);
  }

  /**
   * Initialises the console's page as Xen's own restore does: its rings empty and, if this Xen has that
   * flag, not connected.
   */
  resetConsolePage(domid: number, pfn: number): void {
    const { xc_dom_console_init: init } = this.#xen;
    if (init === undefined) this.clearPage(domid, pfn);
    else check('xc_dom_console_init', domid, init(this.#xch, domid, pfn));
  }

  hvmContext(domid: number): Uint8Array {
    const most = this.#call('xc_domain_hvm_getcontext', domid, null, 0);
    const context = new Uint8Array(most);
    return context.subarray(0, this.#call('xc_domain_hvm_getcontext', domid, context, most));
  }

  setHvmContext(domid: number, context: Uint8Array): void {
    this.#call('xc_domain_hvm_setcontext', domid, context, context.length);
  }

  hvmParam(domid: number, index: number): bigint {
    const value = new BigUint64Array(1);
    this.#call('xc_hvm_param_get', domid, index, value);
    return value[0]!;
  }

  setHvmParam(domid: number, index: number, value: bigint): void {
    this.#call('xc_hvm_param_set', domid, index, value);
  }

  tscInfo(domid: number): TscInfo {
    const [mode, khz, incarnation] = [new Uint32Array(1), new Uint32Array(1), new Uint32Array(1)];
    const nanoseconds = new BigUint64Array(1);
    this.#call('xc_domain_get_tsc_info', domid, mode, nanoseconds, khz, incarnation);
    return { mode: mode[0]!, khz: khz[0]!, nanoseconds: nanoseconds[0]!, incarnation: incarnation[0]! };
  }

  setTscInfo(domid: number, { mode, nanoseconds, khz, incarnation }: TscInfo): void {
    this.#call('xc_domain_set_tsc_info', domid, mode, nanoseconds, khz, incarnation);
  }

  cpuPolicy(domid: number): CpuPolicy {
    return this.#withPolicy((policy) => {
      this.#call('xc_cpu_policy_get_domain', domid, policy);
      return this.#readPolicy(domid, policy);
    });
  }

  /** Reads the most that an HVM or PVH domain can be offered here. */
  offeredCpuPolicy(): CpuPolicy {
    return this.#withPolicy((policy) => {
      this.#systemPolicy(policy);
      return this.#readPolicy(0, policy);
    });
  }

  /** Tells whether the hypervisor, by its own rules, would accept a domain with that policy. */
  offersCpuPolicy({ leaves, msrs }: CpuPolicy): boolean {
    const xen = this.#xen;
    return this.#withPolicy((host) => {
      this.#systemPolicy(host);
      return this.#withPolicy((guest) => {
        // What the library cannot represent, the hypervisor cannot either.
        const [cpuid, registers] = [writeLeaves(leaves), writeMsrs(msrs)];
        const told = xen.xc_cpu_policy_update_cpuid(this.#xch, guest, cpuid, leaves.length) as number;
        if (
          told < 0 ||
          (xen.xc_cpu_policy_update_msrs(this.#xch, guest, registers, msrs.length) as number) < 0
        ) {
          return false;
        }
        return xen.xc_cpu_policy_is_compatible(this.#xch, host, guest) as boolean;
      });
    });
  }

  #systemPolicy(policy: number): void {
    const result: unknown = this.#xen.xc_cpu_policy_get_system(this.#xch, CPU_POLICY_HVM_MAX, policy);
    check('xc_cpu_policy_get_system', 0, result);
  }

  #withPolicy<T>(use: (policy: number) => T): T {
    const policy = this.#xen.xc_cpu_policy_init() as number;
    if (policy === 0) throw new HostError('unavailable', 'no memory for a CPU policy');
    try {
      return use(policy);
    } finally {
      this.#xen.xc_cpu_policy_destroy(policy);
    }
  }

  #readPolicy(domid: number, policy: number): CpuPolicy {
    const [leafCount, msrCount] = [new Uint32Array(1), new Uint32Array(1)];
    const xen = this.#xen;
    check('xc_cpu_policy_get_size', domid, xen.xc_cpu_policy_get_size(this.#xch, leafCount, msrCount));
    const leaves = emptyLeaves(leafCount[0]!);
    const msrs = emptyMsrs(msrCount[0]!);
    const result: unknown = xen.xc_cpu_policy_serialise(this.#xch, policy, leaves, leafCount, msrs, msrCount);
    check('xc_cpu_policy_serialise', domid, result);
    return { leaves: readLeaves(leaves, leafCount[0]!), msrs: readMsrs(msrs, msrCount[0]!) };
  }

  setCpuPolicy(domid: number, policy: CpuPolicy): void {
    const leaves = writeLeaves(policy.leaves);
    const msrs = writeMsrs(policy.msrs);
    const fault = [new Int32Array([-1]), new Int32Array([-1]), new Int32Array([-1])] as const;
    const result = this.#xen.xc_set_domain_cpu_policy(
      this.#xch,
      domid,
      policy.leaves.length,
      leaves,
      policy.msrs.length,
      msrs,
      ...fault,
    ) as number;
    if (result >= 0) return;
    const [leaf, subleaf, msr] = fault.map((word) => (word[0]! >>> 0).toString(16));
    throw new XenError(
      'xc_set_domain_cpu_policy',
      koffi.errno(),
      domid,
      `this host cannot offer the CPU that the domain had: leaf ${leaf}, subleaf ${subleaf}, MSR ${msr}`,
    );
  }

  /** Puts the pages of the console and xenstore into the domain's grant table. */
  seedGrantTable(
    domid: number,
    console: { gfn: bigint; domid: number },
    store: { gfn: bigint; domid: number },
  ): void {
    this.#call('xc_dom_gnttab_seed', domid, true, console.gfn, store.gfn, console.domid, store.domid);
  }
}

/** A word that nobody ever notifies, to wait on. */
const STILL = new Int32Array(new SharedArrayBuffer(4));

function isAnyBusy(errors: Int32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (errors[i] === -EBUSY) return true;
  return false;
}

function check(name: string, domid: number, result: unknown): void {
  if ((result as number) < 0) throw new XenError(name, koffi.errno(), domid);
}
