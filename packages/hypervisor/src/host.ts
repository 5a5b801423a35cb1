import type { Input, Output } from '@mig/posix';
import type { Memory } from './memory.js';
import type { PrecopyPolicy } from './policy.js';
import type { ImageReport, SaveObserver } from './report.js';

/** Why a domain does not run; `running` where it does. Both may hold: a paused domain can be suspended. */
export interface DomainState {
  readonly paused: boolean;
  /** Shut down with reason suspend: only resume revives it. */
  readonly suspended: boolean;
  /** Its process died, or its kernel crashed. */
  readonly crashed: boolean;
}

export interface DomainInfo {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  /** MiB. */
  readonly memory: number;
  readonly vcpus: number;
  readonly state: DomainState;
  /** Seconds of CPU time used. */
  readonly cpuSeconds: number;
  /** Whether its writes are being logged, for a migration or a measurement; undefined where the hypervisor does not tell. */
  readonly logDirty: boolean | undefined;
  /** What `rename` was last given for it. */
  readonly sentTo?: string;
}

export interface HostInfo {
  /** e.g. "embedded (WebAssembly)" or "Xen 4.17". */
  readonly hypervisor: string;
  readonly version: string;
  /** Why domains cannot be migrated live here; undefined where they can. */
  readonly noLogDirty: string | undefined;
  /** A folder for what toolstacks keep of this host; may be missing, and is to be its owner's only. */
  readonly stateFolder: string;
  /** More, for `xl info`. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** How fast the stream may be written. */
export interface Bandwidth {
  readonly octetsPerSecond: number;
  /** It holds for what is sent of the suspended domain, too. */
  readonly always: boolean;
}

export interface SaveOptions {
  readonly live: boolean;
  /** Sends all of memory again for the target to compare. */
  readonly debug: boolean;
  readonly policy: PrecopyPolicy;
  readonly observer?: SaveObserver;
  /** Asked before each batch, so that it may change meanwhile; no limit where it is absent, or answers undefined. */
  readonly bandwidth?: () => Bandwidth | undefined;
  /** Milliseconds that a suspend costs whatever is dirty, for the policy's estimates; 0 unless given. */
  readonly suspendCost?: number;
  /** Milliseconds that the guest has to acknowledge a suspend request. */
  readonly suspendTimeout: number;
}

export interface RenameOptions {
  /** To where the domain is sent under its new name: remembered until it is renamed again. */
  readonly sentTo?: string | undefined;
}

export interface RestoreOptions {
  /** The domain's configuration as libxl JSON, from the xl header. */
  readonly configuration: string;
  /** Its name while it arrives: not the configured one. */
  readonly name: string;
  /**
   * The domain is to end with this process, however that ends, until it is renamed. A hypervisor that cannot see to
   * that leaves it paused.
   */
  readonly tentative?: boolean;
}

/** The log of what a domain writes, without anything being sent. */
export type DirtyLog = Pick<Memory, 'pageCount' | 'cleanLogDirty'>;

/** The libxl layer: domains by domid. Everything here blocks: a toolstack runs it in a worker. */
export interface Host {
  info(): HostInfo;
  list(): DomainInfo[];
  /** @param nameOrDomid a domid where it is all digits and no name equals it */
  find(nameOrDomid: string): DomainInfo | undefined;
  /** @throws HostError no-such-domain */
  describe(domid: number): DomainInfo;
  /** The configuration as libxl JSON, NAME as it is now. */
  configuration(domid: number): string;

  /** @throws HostError name-taken */
  rename(domid: number, name: string, options?: RenameOptions): void;
  pause(domid: number): void;
  unpause(domid: number): void;
  /** Revives a suspended domain where it stands. */
  resume(domid: number): void;
  destroy(domid: number): void;

  /**
   * Writes the libxl stream, an image inside, and leaves the domain suspended.
   * When it throws, log-dirty is off; whether the domain was suspended by then, `describe` tells.
   */
  saveTo(domid: number, output: Output, options: SaveOptions): ImageReport;
  /**
   * Logs the domain's writes for as long as `use` runs; it keeps running. However `use` ends, log-dirty is off, unless a
   * migration has taken it over.
   * @throws HostError `wrong-state` where the domain is suspended or has crashed, or its writes are logged already: it is
   *   being migrated; `not-live-migratable` where this host cannot log. Whatever `use` throws
   */
  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T;
  /**
   * Builds a domain from a libxl stream and leaves it paused.
   * When it throws, nothing is left of it.
   * @returns its domid
   */
  restoreFrom(input: Input, options: RestoreOptions): number;
  /** Sees to what the domain wants once it shuts down; absent where domains need nobody for that. */
  attend?(domid: number): void;
}
