import type { Arrivals } from './arrivals.js';
import type { OctetSink, OctetSource } from '@mig/channel';
import type { DigestRecord } from '@mig/protocol';
import type { ExtensionFeatures, Standing } from '@mig/protocol/handshake';
import type { Check, PreflightQuestion } from '@mig/protocol/preflight';
import type { RestoreEvent, SaveEvent } from './events.js';
import type { Memory } from './memory.js';
import type { PrecopyPolicy } from './policy.js';
import type { ImageReport } from './report.js';

/** The reasons why a domain does not run. Several may hold: a paused domain can be suspended. */
export interface DomainState {
  readonly paused: boolean;
  /** The domain shut down with reason suspend: only resume revives it. */
  readonly suspended: boolean;
  /** The domain's process died, or its kernel crashed. */
  readonly crashed: boolean;
}

export interface DomainInfo {
  readonly domid: number;
  readonly name: string;
  readonly uuid: string;
  /** Memory in MiB. */
  readonly memory: number;
  readonly vcpus: number;
  readonly state: DomainState;
  /** CPU time used, in seconds. */
  readonly cpuSeconds: number;
  /**
   * Whether the domain's writes are being logged, for a migration or a measurement; undefined if the
   * hypervisor does not tell.
   */
  readonly logDirty: boolean | undefined;
  /**
   * The domain's standing as its owner tells it, which decides who may command it; `unknown` if the owner
   * does not answer.
   */
  readonly standing: Standing | 'unknown';
  /** Number of changes of who may run the domain; its owner refuses a request that carries another number. */
  readonly epoch: number;
  /** The host to which the domain was sent, while it is sent or away. */
  readonly sentTo?: string;
}

export interface HostInfo {
  /** Name of the hypervisor, such as "embedded (WebAssembly)" or "Xen 4.17". */
  readonly hypervisor: string;
  readonly version: string;
  /** The reason why domains cannot be migrated live here; undefined if they can. */
  readonly whyNoLogDirty: string | undefined;
  /** Assumed milliseconds of a suspend until one is measured: rather too many. */
  readonly assumedSuspendCost: number;
  /**
   * A folder for what toolstacks keep about this host; it may be missing, and must be accessible to its owner
   * only.
   */
  readonly stateFolder: string;
  /** Further facts for `xl info`. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Limit on the rate at which the stream is written. */
export interface Bandwidth {
  readonly octetsPerSecond: number;
  /** Whether the limit holds after the suspend, too. */
  readonly always: boolean;
  /**
   * Whether a policy decides by the downtime: the line's rate without the limit may then be measured, by a
   * burst that is made up for.
   */
  readonly probe?: boolean;
}

export interface SaveOptions {
  readonly live: boolean;
  /** Whether all of memory is sent again for the target to compare. */
  readonly debug: boolean;
  readonly policy: PrecopyPolicy;
  readonly onEvent?: ((event: SaveEvent) => void) | undefined;
  /**
   * Whether each reading of the log is an event, with its bitmap: on Xen the bitmap comes from another
   * process.
   */
  readonly dirtyBitmaps?: boolean | undefined;
  /**
   * Returns the limit. Called before each batch, so that it may change meanwhile; no limit if absent, or if
   * it returns undefined.
   */
  readonly bandwidth?: () => Bandwidth | undefined;
  /**
   * The fixed cost of a suspend in milliseconds, whatever is dirty, for the policy's estimates; default: 0.
   */
  readonly suspendCost?: number;
  /** The line's rate in pages per second as earlier migrations measured it, for the same estimates. */
  readonly lineRate?: number | undefined;
  /** Milliseconds within which the guest must acknowledge a suspend request. */
  readonly suspendTimeout: number;
  /**
   * Milliseconds within which the rest of the suspended domain must be written; default: computed from that
   * rest and from the rate of the live passes.
   */
  readonly stopAndCopyTimeout?: number | undefined;
  /**
   * Whether pages may be written as references to the domain's memory if the output can carry them, so that a
   * reader gets their content at the time of reading. Only for a reader that has read everything before the
   * domain runs on here or is written to otherwise, or else discards what it has read.
   */
  readonly byReference?: boolean;
  /**
   * Returns the features of mig's extension that the target has offered so far. Called before each batch: the
   * target's hello arrives at any time, or never. Absent: none is used.
   */
  readonly features?: (() => ExtensionFeatures) | undefined;
  /** Compression of pages for a target that takes them compressed; default: none. */
  readonly compress?: Compression | undefined;
  /**
   * Writes a DIGEST record of all that was written to the output so far, which then has no descriptor. Called after each
   * batch of pages, and right before each END; what is written between two calls is octets as they are sent. Absent: no
   * digests.
   */
  readonly writeDigest?: (() => void) | undefined;
}

/** A level of zstd, from 1 to 19, or `auto`: a level, or none, by what the line and the threads turn out to do. */
export type Compression = number | 'auto';

/** The purpose for which a toolstack takes a domain. */
export interface Purpose {
  readonly kind: 'migration' | 'save';
  /** The epoch that the toolstack saw: if it is another by now, the domain is not taken. */
  readonly epoch?: number | undefined;
  /** The destination, a host or a file, for the text of a refusal. */
  readonly to?: string | undefined;
  /** Whether the requester wants the migration in spite of the known obstacles, about which it was told. */
  readonly unchecked?: boolean | undefined;
}

export interface ResumeOptions {
  /** The epoch that the requester saw: if it is another by now, the domain is not resumed. */
  readonly epoch?: number;
  /**
   * Whether to resume even a domain that was sent away, under its own name: the requester has looked at the
   * host where it was sent.
   */
  readonly force?: boolean;
}

/**
 * A domain that is taken for a migration or a save. Until it is released, or this process ends, its owner
 * refuses all requests of others that could run, move or rename it. Each request names the suspend that it is
 * about, and is refused if others have suspended or resumed the domain since.
 */
export interface OutgoingDomain {
  /** Facts about the domain when it was taken. */
  readonly info: DomainInfo;
  /** The configuration as libxl JSON, as it was when the domain was taken. */
  readonly configuration: string;
  /** The features of mig's extension that `saveTo` can use; absent: none. */
  readonly features?: ExtensionFeatures;
  /**
   * Writes the libxl stream, including the image, and leaves the domain suspended. If it throws, log-dirty
   * mode is off; `describe` tells whether the domain was suspended by then.
   * @throws HostError `unavailable` if this host can only write to a descriptor and the output is none
   */
  saveTo(output: OctetSink, options: SaveOptions): ImageReport;
  /**
   * Gives the domain the name of one that was sent away, after a last check: from then on it cannot run here.
   * @throws HostError if the domain is not in the state in which `saveTo` left it
   */
  sendAway(name: string, sentTo?: string): void;
  /** Lets the domain run here again, under its own name if it was sent away; a paused domain stays paused. */
  resume(options?: { readonly paused?: boolean }): void;
  destroy(): void;
  /** Ends the hold, once: a domain that is suspended, or was sent away, stays so. */
  release(): void;
}

/** A domain that arrives: complete, but not running. It ends with this process unless it is started. */
export interface IncomingDomain {
  readonly domid: number;
  /** Whether its operator had paused it at the source. */
  readonly wasPaused: boolean;
  /**
   * Gives the domain its name and lets it run, unless it should be paused or was paused. From then on it no
   * longer ends with this process, which holds it until it is released: it cannot be moved on while it may
   * still have to be destroyed here.
   * @throws HostError name-taken, uuid-taken
   */
  start(name: string, options?: { readonly paused?: boolean }): void;
  destroy(): void;
  /** Ends the hold on a domain that was started, once. */
  release(): void;
}

export interface RestoreOptions {
  /** The domain's configuration as libxl JSON, from the xl header. */
  readonly configuration: string;
  /** The domain's name while it arrives, which is not the configured one. */
  readonly name: string;
  /**
   * Whether it comes from another host, possibly this one, that keeps the domain until it gives permission.
   */
  readonly fromHost?: boolean;
  /** Whether known obstacles to its start here are ignored, except another domain in its place. */
  readonly unchecked?: boolean;
  /** The features of mig's extension that were offered to the source; default: none. */
  readonly features?: ExtensionFeatures | undefined;
  /** The check of each DIGEST and END of a stream that has digests; the input then has no descriptor. */
  readonly digest?: DigestCheck | undefined;
  /** Listener of events; without it none is made: on Xen an event comes from another process. */
  readonly onEvent?: ((event: RestoreEvent) => void) | undefined;
}

/** A DIGEST or an END that has just been read, and its place: see the events of the decoders. */
export interface CheckedRecord {
  readonly layer: 'libxl' | 'libxc';
  readonly record: DigestRecord | { readonly type: 'END' };
  readonly index: number;
  readonly offset: number;
}

/** The check of a stream with digests. */
export interface DigestCheck {
  /**
   * Checks a DIGEST, or that there is one right before an END; called as soon as the record has been read.
   * @throws StreamError
   */
  check(record: CheckedRecord): void;
}

/** The preparations of a host for a domain that is to arrive. */
export interface ExpectedDomain {
  /** Restores the domain, once: see Host. */
  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain;
  /** Ends the preparations, unless a domain has come of them. */
  release(): void;
}

/** The log of a domain's writes, when nothing is sent. */
export type DirtyLog = Pick<Memory, 'pageCount' | 'cleanLogDirty'>;

/** The source's own checks, and its question to the target. */
export interface Departure {
  readonly checks: readonly Check[];
  readonly question: PreflightQuestion;
}

/** The libxl layer: domains by domid. Everything here blocks: a toolstack runs it in a worker. */
export interface Host {
  /** Decides which domains of other hosts may come here. */
  readonly arrivals: Arrivals;
  /** The features of mig's extension that `restoreFrom` can be given; absent: none. */
  readonly features?: ExtensionFeatures;
  info(): HostInfo;
  list(): DomainInfo[];
  /**
   * Finds a domain.
   * @param nameOrDomid a domid if it consists of digits, as for stock: an arriving domain may have such a
   * name
   */
  find(nameOrDomid: string): DomainInfo | undefined;
  /** @throws HostError no-such-domain */
  describe(domid: number): DomainInfo;
  /** Returns the configuration as libxl JSON, with the domain's present name. */
  configuration(domid: number): string;
  /**
   * Tells why a domain could not live on with another configuration than its own, both as libxl JSON.
   * @returns a reason in words; undefined if no objection is known
   */
  misfit(own: string, other: string): string | undefined;

  /**
   * Renames a domain.
   * @throws HostError name-taken; bad-configuration for an illegal name; `stale` if the epoch is another by
   * now; the refusals of the command table
   */
  rename(domid: number, name: string, epoch?: number): void;
  pause(domid: number, epoch?: number): void;
  unpause(domid: number, epoch?: number): void;
  /** Revives a suspended domain here. */
  resume(domid: number, options?: ResumeOptions): void;
  /**
   * Destroys a domain.
   * @param epoch the epoch that the requester saw: a domain that was resumed or moved since is not destroyed
   */
  destroy(domid: number, epoch?: number): void;

  /**
   * Takes a domain for a migration or a save.
   * @throws HostError `held` if another toolstack holds it, `wrong-state` if it does not run
   */
  take(domid: number, purpose: Purpose): OutgoingDomain;
  /**
   * Logs the domain's writes while `use` runs; the domain keeps running. However `use` ends, log-dirty mode
   * is off, unless a migration has taken it over.
   * @throws HostError `wrong-state` if the domain is suspended or has crashed, or its writes are logged
   * already, i.e. it is being migrated; `not-live-migratable` if this host cannot log. Whatever `use` throws
   */
  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T;
  /**
   * Builds a domain from a libxl stream; it does not run until it is started. If this throws, nothing is left
   * of it.
   * @throws HostError `uuid-taken` if a domain with its UUID is here, unless that may be the one that is
   * sent; bad-configuration, before anything is made, for an illegal name; `unavailable` if this host can
   * only read from a descriptor and the input is none
   */
  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain;
  /** Prepares for a domain that will arrive, ahead of its stream; absent if nothing can be prepared. */
  expectDomain?(): ExpectedDomain;
  /**
   * Tells why a domain of a host that logs writes can only be moved by a stop-and-copy, to follow its name;
   * undefined if it can be moved live. Absent if all domains can.
   */
  whyNotLive?(domid: number): string | undefined;
  /**
   * Looks for obstacles to a domain's departure by a migration, without changing anything. It blocks like
   * everything else once it has loaded what it needs: no migration waits for that.
   * @param live whether pages are sent while it runs
   * @throws HostError `no-such-domain`, or if nothing can be found out
   */
  checkDeparture(domid: number, options: { readonly live: boolean }): Promise<Departure>;
  /**
   * Looks for obstacles to the arrival of such a domain, without changing anything.
   * @throws HostError if this host is not usable
   */
  checkArrival(question: PreflightQuestion): Promise<readonly Check[]>;
  /**
   * Starts a monitor that applies on_poweroff, on_reboot and on_crash. Absent on hypervisors whose domains
   * need none.
   */
  attend?(domid: number): void;
}
