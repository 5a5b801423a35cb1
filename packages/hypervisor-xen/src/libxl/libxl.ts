/**
 * Calls of libxenlight that mig uses, each declared once. Prototypes: tools/include/libxl.h, libxl_utils.h
 * and _libxl_types.h, equal in Xen 4.16 to 4.22; a structure of which only the size is needed is opaque
 * here. Every call is the blocking one (no `ao_how`). libxl takes over SIGCHLD while it has children of its
 * own: only a process without children of Node's may load this.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import koffi from 'koffi';
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { openNonBlocking } from '@mig/posix';
import type { CpuNodes } from './cpu-masks.js';
import { recordKey } from '../record/domain-record.js';
import { loadLibrary } from '../xen/load-library.js';
import { UUID_SIZE, uuidOctets, uuidText } from '../xen/uuid.js';
import type { XenVersion } from '../xen/xen-version.js';
import { Xenstore } from '../xen/xenstore.js';

/** Constants of xentoollog_level, and XTL_STDIOSTREAM_* (tools/include/xentoollog.h). */
const XTL_PROGRESS = 4;
const XTL_DEBUG = 1;
const XTL_STDIOSTREAM_HIDE_PROGRESS = 4;

/** Flags LIBXL_SUSPEND_* (libxl.h). */
const SUSPEND_DEBUG = 1;
const SUSPEND_LIVE = 2;

/** INVALID_DOMID (libxl.h). */
const NO_DOMID = 0xffffffff;

/**
 * The layout of libxl_cputopology, in words of four octets: core, socket, node; and the node of an offline
 * CPU.
 */
const CPU_TOPOLOGY = { words: 3, node: 2 };
const NO_NODE = 0xffffffff;

/** Offset of `commandline` in libxl_version_info. */
const COMMAND_LINE_OFFSET = 80;

/** The userdata id under which `xl config-update` stores a configuration (libxl_userdata_store). */
const CONFIGURATION_UPDATE = 'xl';

/** Names of some of libxl's ERROR_* (_libxl_types.h). */
const errors: Readonly<Record<number, string>> = {
  [-3]: 'ERROR_FAIL',
  [-6]: 'ERROR_INVAL',
  [-8]: 'ERROR_GUEST_TIMEDOUT',
  [-9]: 'ERROR_TIMEDOUT',
  [-21]: 'ERROR_DOMAIN_NOTFOUND',
  [-22]: 'ERROR_ABORTED',
};
const ERROR_DOMAIN_NOTFOUND = -21;

/** Numbers LIBXL_SHUTDOWN_REASON_* (_libxl_types.h). */
const REASON_SUSPEND = 2;
const REASON_CRASH = 3;

/** A domain as libxl describes it. */
export interface LibxlDomain {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  /** Memory in KiB. */
  readonly memory: number;
  readonly vcpus: number;
  readonly paused: boolean;
  readonly suspended: boolean;
  readonly crashed: boolean;
  readonly cpuNanoseconds: number;
  /** mig's record of it, as written in xenstore. */
  readonly record?: string | undefined;
}

type Functions = ReturnType<typeof declareLibxl>;

/** @throws HostError where a library is missing, and koffi's error where a function is */
export function declareLibxl({ libraries }: XenVersion) {
  const light = loadLibrary(libraries.light);
  const log = loadLibrary('libxentoollog.so.1');
  const libc = koffi.load(null);
  const text = koffi.disposable('char *', libc.func('void free(void *)'));
  const uuid = koffi.struct({ octets: koffi.array('uint8_t', UUID_SIZE) });
  return {
    free: libc.func('void free(uintptr_t memory)'),
    fdopen: libc.func('uintptr_t fdopen(int fd, const char *mode)'),
    xtl_createlogger_stdiostream: log.func(
      'uintptr_t xtl_createlogger_stdiostream(uintptr_t file, int level, unsigned int flags)',
    ),
    libxl_ctx_alloc: light.func(
      'int libxl_ctx_alloc(void *ctx, int version, unsigned int flags, uintptr_t log)',
    ),
    libxl_domain_info: light.func('int libxl_domain_info(uintptr_t ctx, void *info, uint32_t domid)'),
    libxl_get_free_memory: light.func('int libxl_get_free_memory(uintptr_t ctx, void *kib)'),
    libxl_domain_need_memory: light.func(
      'int libxl_domain_need_memory(uintptr_t ctx, void *config, uint32_t domid, void *kib)',
    ),
    libxl_get_memory_target: light.func(
      'int libxl_get_memory_target(uintptr_t ctx, uint32_t domid, void *kib)',
    ),
    libxl_set_memory_target: light.func(
      'int libxl_set_memory_target(uintptr_t ctx, uint32_t domid, int64_t kib, int relative, int enforce)',
    ),
    libxl_get_version_info: light.func('uintptr_t libxl_get_version_info(uintptr_t ctx)'),
    libxl_get_cpu_topology: light.func('uintptr_t libxl_get_cpu_topology(uintptr_t ctx, void *count)'),
    libxl_cputopology_list_free: light.func('void libxl_cputopology_list_free(uintptr_t list, int count)'),
    libxl_list_domain: light.func('uintptr_t libxl_list_domain(uintptr_t ctx, void *count)'),
    libxl_dominfo_list_free: light.func('void libxl_dominfo_list_free(uintptr_t list, int count)'),
    libxl_domid_to_name: light.func('libxl_domid_to_name', text, ['uintptr_t', 'uint32_t']),
    libxl_domain_rename: light.func(
      'int libxl_domain_rename(uintptr_t ctx, uint32_t domid, const char *old, const char *name)',
    ),
    libxl_domain_pause: light.func('int libxl_domain_pause(uintptr_t ctx, uint32_t domid, void *how)'),
    libxl_domain_unpause: light.func('int libxl_domain_unpause(uintptr_t ctx, uint32_t domid, void *how)'),
    libxl_domain_resume: light.func(
      'int libxl_domain_resume(uintptr_t ctx, uint32_t domid, int cooperative, void *how)',
    ),
    libxl_domain_destroy: light.func('int libxl_domain_destroy(uintptr_t ctx, uint32_t domid, void *how)'),
    libxl_domain_suspend: light.func(
      'int libxl_domain_suspend(uintptr_t ctx, uint32_t domid, int fd, int flags, void *how)',
    ),
    libxl_domain_config_init: light.func('void libxl_domain_config_init(void *config)'),
    libxl_domain_config_dispose: light.func('void libxl_domain_config_dispose(void *config)'),
    libxl_domain_config_from_json: light.func(
      'int libxl_domain_config_from_json(uintptr_t ctx, void *config, const char *json)',
    ),
    libxl_domain_config_to_json: light.func('libxl_domain_config_to_json', text, ['uintptr_t', 'void *']),
    libxl_retrieve_domain_configuration: light.func(
      'int libxl_retrieve_domain_configuration(uintptr_t ctx, uint32_t domid, void *config, void *how)',
    ),
    libxl_domain_create_restore: light.func(
      'int libxl_domain_create_restore(uintptr_t ctx, void *config, void *domid, int fd, int sendBack, void *params, void *how, void *console)',
    ),
    libxl_domain_create_new: light.func(
      'int libxl_domain_create_new(uintptr_t ctx, void *config, void *domid, void *how, void *console)',
    ),
    libxl_domain_preserve: light.func('libxl_domain_preserve', 'int', [
      ...['uintptr_t', 'uint32_t', 'void *', 'const char *'],
      uuid,
    ]),
    libxl_domain_soft_reset: light.func(
      'int libxl_domain_soft_reset(uintptr_t ctx, void *config, uint32_t domid, void *how, void *console)',
    ),
    libxl_userdata_retrieve: light.func(
      'int libxl_userdata_retrieve(uintptr_t ctx, uint32_t domid, const char *name, void *data, void *length)',
    ),
    libxl_create_logfile: light.func('int libxl_create_logfile(uintptr_t ctx, const char *name, void *path)'),
    libxl_domain_core_dump: light.func(
      'int libxl_domain_core_dump(uintptr_t ctx, uint32_t domid, const char *path, void *how)',
    ),
    libxl_evenable_domain_death: light.func(
      'int libxl_evenable_domain_death(uintptr_t ctx, uint32_t domid, uint64_t user, void *watch)',
    ),
    libxl_evdisable_domain_death: light.func(
      'void libxl_evdisable_domain_death(uintptr_t ctx, uintptr_t watch)',
    ),
    libxl_event_wait: light.func(
      'int libxl_event_wait(uintptr_t ctx, void *event, uint64_t mask, uintptr_t predicate, uintptr_t user)',
    ),
    libxl_event_free: light.func('void libxl_event_free(uintptr_t ctx, uintptr_t event)'),
  };
}

/** The end of a domain: LIBXL_SHUTDOWN_REASON_* by name, or gone without a reason. */
export type DomainEnd =
  'poweroff' | 'reboot' | 'suspend' | 'crash' | 'watchdog' | 'soft_reset' | 'unknown' | 'gone';

const ends: Readonly<Record<number, DomainEnd>> = {
  0: 'poweroff',
  1: 'reboot',
  2: 'suspend',
  3: 'crash',
  4: 'watchdog',
  5: 'soft_reset',
};

/** LIBXL_EVENT_TYPE_DOMAIN_SHUTDOWN (_libxl_types.h); the other awaited event is DOMAIN_DEATH. */
const EVENT_DOMAIN_SHUTDOWN = 1;
const EVENTMASK_SHUTDOWN_AND_DEATH = (1 << 1) | (1 << 2);

/**
 * An open libxl. Methods throw HostError for what libxl could not do; libxl itself writes more to standard
 * error.
 */
export class Libxl {
  readonly #libxl: Functions;
  readonly #ctx: number;
  readonly #layout: XenVersion['libxl'];
  readonly #store = new Xenstore();

  /** @param verbose whether to show libxl's debug messages, too */
  constructor(version: XenVersion, verbose: boolean) {
    this.#layout = version.libxl;
    this.#libxl = declareLibxl(version);
    // An unread message must not block a migration.
    const stderr = this.#libxl.fdopen(openNonBlocking(2), 'w') as number;
    const logger = this.#libxl.xtl_createlogger_stdiostream(
      stderr,
      verbose ? XTL_DEBUG : XTL_PROGRESS,
      XTL_STDIOSTREAM_HIDE_PROGRESS,
    ) as number;
    const ctx = new BigUint64Array(1);
    const result = this.#libxl.libxl_ctx_alloc(ctx, 0, 0, logger) as number;
    if (result !== 0) throw new HostError('unavailable', `libxl_ctx_alloc: ${errors[result] ?? result}`);
    this.#ctx = Number(ctx[0]);
  }

  list(): LibxlDomain[] {
    const count = new Int32Array(1);
    const list = this.#libxl.libxl_list_domain(this.#ctx, count) as number;
    if (list === 0) throw new HostError('unavailable', 'libxl_list_domain failed');
    const { size } = this.#layout.domainInfo;
    const octets = new DataView(koffi.view(BigInt(list), count[0]! * size).slice(0));
    this.#libxl.libxl_dominfo_list_free(list, count[0]);
    return Array.from({ length: count[0]! }, (_, i) =>
      this.#domain(new DataView(octets.buffer, i * size, size)),
    );
  }

  /** @returns undefined if there is no such domain */
  describe(domid: number): LibxlDomain | undefined {
    const info = new DataView(new ArrayBuffer(this.#layout.domainInfo.size));
    const result = this.#libxl.libxl_domain_info(this.#ctx, info, domid) as number;
    if (result === ERROR_DOMAIN_NOTFOUND) return undefined;
    this.#check('libxl_domain_info', domid, result);
    return this.#domain(info);
  }

  /** Memory that no domain has, in KiB. */
  freeMemory(): number {
    return this.#kib('libxl_get_free_memory');
  }

  /** The need of a domain of this configuration, by libxl's estimate, in KiB. */
  neededMemory(configuration: string): number {
    return this.#withParsed(configuration, (config) =>
      this.#kib('libxl_domain_need_memory', config, NO_DOMID),
    );
  }

  /** The memory of domain 0, in KiB. */
  controlDomainMemory(): number {
    return this.describe(0)?.memory ?? 0;
  }

  /**
   * Raises or lowers the target of domain 0 by so many KiB.
   * @returns the new target in KiB
   */
  changeControlDomainTarget(by: number): number {
    const [relative, enforce] = [1, 0];
    const result: unknown = this.#libxl.libxl_set_memory_target(this.#ctx, 0, by, relative, enforce);
    this.#check('libxl_set_memory_target', 0, result);
    return this.#kib('libxl_get_memory_target', 0);
  }

  #kib(
    call: 'libxl_get_free_memory' | 'libxl_domain_need_memory' | 'libxl_get_memory_target',
    ...parameters: readonly unknown[]
  ): number {
    const kib = new BigUint64Array(1);
    const result = this.#libxl[call](this.#ctx, ...parameters, kib) as number;
    if (result !== 0) throw new HostError('unavailable', `${call}: ${errors[result] ?? result}`);
    return Number(kib[0]);
  }

  /** Xen's command line; undefined if unknown. */
  commandLine(): string | undefined {
    const info = this.#libxl.libxl_get_version_info(this.#ctx) as number;
    if (info === 0) return undefined;
    // A pointer in libxl_version_info, equal in Xen 4.16 to 4.22; the context owns the structure.
    const pointer = koffi.decode(BigInt(info), COMMAND_LINE_OFFSET, 'uintptr_t') as number;
    return pointer === 0 ? undefined : (koffi.decode(BigInt(pointer), 'char', -1) as string);
  }

  /** Nodes of the host's CPUs. */
  cpuNodes(): CpuNodes {
    const count = new Int32Array(1);
    const list = this.#libxl.libxl_get_cpu_topology(this.#ctx, count) as number;
    if (list === 0) throw new HostError('unavailable', 'libxl_get_cpu_topology failed');
    const { words, node } = CPU_TOPOLOGY;
    const octets = koffi.view(BigInt(list), count[0]! * words * 4).slice(0);
    this.#libxl.libxl_cputopology_list_free(list, count[0]);
    const topology = new Uint32Array(octets);
    return Array.from({ length: count[0]! }, (_, cpu) => {
      const own = topology[cpu * words + node]!;
      return own === NO_NODE ? undefined : own;
    });
  }

  #domain(info: DataView): LibxlDomain {
    const at = this.#layout.domainInfo;
    const domid = info.getUint32(at.domid, true);
    const shutdown = info.getUint8(at.shutdown) !== 0;
    const reason = info.getInt32(at.shutdownReason, true);
    const handle = uuidText(new Uint8Array(info.buffer, info.byteOffset + at.uuid, UUID_SIZE));
    const suspended = shutdown && reason === REASON_SUSPEND;
    return {
      domid,
      name: (this.#libxl.libxl_domid_to_name(this.#ctx, domid) as string | null) ?? '',
      // A preserved domain has another UUID than the hypervisor says: that one is the restarted domain's
      // now.
      uuid: (shutdown && !suspended ? this.#uuidInStore(domid) : undefined) ?? handle,
      memory: Number(info.getBigUint64(at.currentMemory, true)),
      vcpus: info.getUint32(at.vcpus, true),
      paused: info.getUint8(at.paused) !== 0,
      suspended,
      crashed: shutdown && reason === REASON_CRASH,
      cpuNanoseconds: Number(info.getBigUint64(at.cpuTime, true)),
      record: this.#store.read(recordKey(domid)),
    };
  }

  #uuidInStore(domid: number): string | undefined {
    return this.#store.read(`/local/domain/${domid}/vm`)?.replace(/^\/vm\//, '');
  }

  rename(domid: number, name: string): void {
    this.#check('libxl_domain_rename', domid, this.#libxl.libxl_domain_rename(this.#ctx, domid, null, name));
  }

  pause(domid: number): void {
    this.#check('libxl_domain_pause', domid, this.#libxl.libxl_domain_pause(this.#ctx, domid, null));
  }

  unpause(domid: number): void {
    this.#check('libxl_domain_unpause', domid, this.#libxl.libxl_domain_unpause(this.#ctx, domid, null));
  }

  resume(domid: number): void {
    this.#check('libxl_domain_resume', domid, this.#libxl.libxl_domain_resume(this.#ctx, domid, 1, null));
  }

  destroy(domid: number): void {
    this.#check('libxl_domain_destroy', domid, this.#libxl.libxl_domain_destroy(this.#ctx, domid, null));
  }

  /** Writes the libxl stream to `fd` through the save helper; leaves the domain suspended. */
  suspend(domid: number, fd: number, { live, debug }: { live: boolean; debug: boolean }): void {
    const flags = (live ? SUSPEND_LIVE : 0) | (debug ? SUSPEND_DEBUG : 0);
    const result: unknown = this.#libxl.libxl_domain_suspend(this.#ctx, domid, fd, flags, null);
    this.#check('libxl_domain_suspend', domid, result);
  }

  /** Reads the domain's configuration as JSON. */
  configuration(domid: number): string {
    return this.#withConfiguration((config) => {
      this.#check(
        'libxl_retrieve_domain_configuration',
        domid,
        this.#libxl.libxl_retrieve_domain_configuration(this.#ctx, domid, config, null),
      );
      return this.#libxl.libxl_domain_config_to_json(this.#ctx, config) as string;
    });
  }

  /**
   * Builds a domain from the libxl stream on `fd`, and leaves it paused.
   * @returns its domid
   */
  restore(configuration: string, fd: number): number {
    const parameters = this.#restoreParameters();
    return this.#build('libxl_domain_create_restore', configuration, [fd, -1, parameters]);
  }

  /**
   * Builds a new domain, and leaves it paused.
   * @returns its domid
   */
  create(configuration: string): number {
    return this.#build('libxl_domain_create_new', configuration, []);
  }

  #build(
    call: 'libxl_domain_create_restore' | 'libxl_domain_create_new',
    configuration: string,
    parameters: readonly unknown[],
  ): number {
    return this.#withParsed(configuration, (config) => {
      const domid = new Uint32Array(1);
      const result: unknown = this.#libxl[call](this.#ctx, config, domid, ...parameters, null, null);
      this.#check(call, domid[0]!, result);
      return domid[0]!;
    });
  }

  /**
   * Gives a domain that has shut down another name and UUID, so that another can be built in its place. The
   * hypervisor keeps the old UUID: only xenstore has the new one.
   * @param configuration its own
   */
  preserve(domid: number, configuration: string, suffix: string, uuid: string): void {
    this.#withParsed(configuration, (config) => {
      // libxl_domain_config begins with its libxl_domain_create_info.
      const result: unknown = this.#libxl.libxl_domain_preserve(this.#ctx, domid, config, suffix, {
        octets: uuidOctets(uuid),
      });
      this.#check('libxl_domain_preserve', domid, result);
    });
  }

  /**
   * Builds what a kernel loaded by kexec needs around the memory of a domain that asked for it, and leaves
   * the domain paused.
   */
  softReset(domid: number, configuration: string): void {
    this.#withParsed(configuration, (config) => {
      const result: unknown = this.#libxl.libxl_domain_soft_reset(this.#ctx, config, domid, null, null);
      this.#check('libxl_domain_soft_reset', domid, result);
    });
  }

  /** Tells whether `xl config-update` has stored a configuration for the domain's next restart. */
  configurationUpdate(domid: number): boolean {
    const length = new Int32Array(1);
    const parameters = [CONFIGURATION_UPDATE, null, length] as const;
    const result: unknown = this.#libxl.libxl_userdata_retrieve(this.#ctx, domid, ...parameters);
    return result === 0 && length[0]! > 0;
  }

  /**
   * Makes room for a new log under /var/log/xen by renumbering up to ten older ones of that name.
   * @returns its path
   */
  newLog(name: string): string {
    const path = new BigUint64Array(1);
    const result = this.#libxl.libxl_create_logfile(this.#ctx, name, path) as number;
    if (result !== 0) {
      throw new HostError('unavailable', `libxl_create_logfile of ${name}: ${errors[result] ?? result}`);
    }
    try {
      return koffi.decode(path[0]!, 'char', -1) as string;
    } finally {
      this.#libxl.free(path[0]!);
    }
  }

  /** Dumps the domain's memory. A missing folder is created: not all distributions have it. */
  dumpCore(domid: number, path: string): void {
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    } catch (cause) {
      const why = messageOf(cause);
      throw new HostError('unavailable', `no core is dumped: ${why}`, { cause });
    }
    this.#check(
      'libxl_domain_core_dump',
      domid,
      this.#libxl.libxl_domain_core_dump(this.#ctx, domid, path, null),
    );
  }

  /**
   * Makes the domain's end an event from now on, also one that has come already.
   * @returns a function that ends the watch
   */
  watch(domid: number): () => void {
    const watch = new BigUint64Array(1);
    const result: unknown = this.#libxl.libxl_evenable_domain_death(this.#ctx, domid, 0, watch);
    this.#check('libxl_evenable_domain_death', domid, result);
    return () => {
      this.#libxl.libxl_evdisable_domain_death(this.#ctx, Number(watch[0]));
    };
  }

  /** Waits for the next end of the watched domain. */
  awaitEnd(domid: number): DomainEnd {
    const at = this.#layout.event;
    for (;;) {
      const pointer = new BigUint64Array(1);
      const result: unknown = this.#libxl.libxl_event_wait(
        this.#ctx,
        pointer,
        EVENTMASK_SHUTDOWN_AND_DEATH,
        0,
        0,
      );
      this.#check('libxl_event_wait', domid, result);
      const event = new DataView(koffi.view(pointer[0]!, at.size).slice(0));
      this.#libxl.libxl_event_free(this.#ctx, Number(pointer[0]));
      if (event.getUint32(at.domid, true) !== domid) continue;
      if (event.getInt32(at.type, true) !== EVENT_DOMAIN_SHUTDOWN) return 'gone';
      return ends[event.getUint8(at.shutdownReason)] ?? 'unknown';
    }
  }

  #restoreParameters(): DataView {
    const { size, streamVersion } = this.#layout.restoreParameters;
    const parameters = new DataView(new ArrayBuffer(size));
    parameters.setUint32(streamVersion, 2, true);
    return parameters;
  }

  #withParsed<T>(configuration: string, use: (config: Uint8Array) => T): T {
    return this.#withConfiguration((config) => {
      const parsed = this.#libxl.libxl_domain_config_from_json(this.#ctx, config, configuration) as number;
      if (parsed !== 0) throw new HostError('bad-configuration', 'libxl does not take the configuration');
      return use(config);
    });
  }

  #withConfiguration<T>(use: (config: Uint8Array) => T): T {
    const config = new Uint8Array(this.#layout.domainConfiguration);
    this.#libxl.libxl_domain_config_init(config);
    try {
      return use(config);
    } finally {
      this.#libxl.libxl_domain_config_dispose(config);
    }
  }

  #check(call: string, domid: number, result: unknown): void {
    if (result === 0) return;
    const name = errors[result as number] ?? `error ${String(result)}`;
    if (result === ERROR_DOMAIN_NOTFOUND) {
      throw new HostError('no-such-domain', `there is no domain ${domid}`, { domid });
    }
    throw new HostError('unavailable', `${call} of domain ${domid}: ${name}`, { domid });
  }
}
