import type { OctetSink, OctetSource } from '@mig/channel';
import type { Standing } from '@mig/protocol/handshake';
import type { Check, PreflightQuestion } from '@mig/protocol/preflight';
import type { RestoreEvent, SaveEvent } from './events.js';
import type { Memory } from './memory.js';
import type { PrecopyPolicy } from './policy.js';
import type { ImageReport } from './report.js';

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
  /** Who may tell it what, as its owner says; `unknown` where that does not answer. */
  readonly standing: Standing | 'unknown';
  /** Counts the changes of who may run it; a request that names another number is refused by its owner. */
  readonly epoch: number;
  /** Where it was sent; while it is sent, or away. */
  readonly sentTo?: string;
}

export interface HostInfo {
  /** e.g. "embedded (WebAssembly)" or "Xen 4.17". */
  readonly hypervisor: string;
  readonly version: string;
  /** Why domains cannot be migrated live here; undefined where they can. */
  readonly noLogDirty: string | undefined;
  /** Milliseconds to reckon a suspend with as long as none was measured: rather too many. */
  readonly assumedSuspendCost: number;
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
  /**
   * A policy decides by how long the guest would stand still: how fast the line is without the limit may be measured, by
   * a burst that is made up for.
   */
  readonly probe?: boolean;
}

export interface SaveOptions {
  readonly live: boolean;
  /** Sends all of memory again for the target to compare. */
  readonly debug: boolean;
  readonly policy: PrecopyPolicy;
  readonly onEvent?: ((event: SaveEvent) => void) | undefined;
  /** Each reading of the log is an event as well, with its bitmap: on Xen that comes from another process. */
  readonly dirtyBitmaps?: boolean | undefined;
  /** Asked before each batch, so that it may change meanwhile; no limit where it is absent, or answers undefined. */
  readonly bandwidth?: () => Bandwidth | undefined;
  /** Milliseconds that a suspend costs whatever is dirty, for the policy's estimates; 0 unless given. */
  readonly suspendCost?: number;
  /** Pages per second that the line carries, as far as earlier migrations know, for the same estimates. */
  readonly lineRate?: number | undefined;
  /** Milliseconds that the guest has to acknowledge a suspend request. */
  readonly suspendTimeout: number;
  /**
   * Milliseconds in which what is left of the domain has to be written once it is suspended; reckoned from what is left and
   * from the rate of the live passes where it is absent.
   */
  readonly stopAndCopyTimeout?: number | undefined;
  /**
   * Pages may be written as references to the domain's memory where the output can carry them, so that a reader gets what is
   * in them when it reads. Only for a reader that has read all before the domain runs on here or is written to otherwise, or
   * else throws away what it has read.
   */
  readonly byReference?: boolean;
}

/** What a toolstack takes a domain for. */
export interface Purpose {
  readonly kind: 'migration' | 'save';
  /** The epoch that was seen: where it is another by now, the domain is not taken. */
  readonly epoch?: number | undefined;
  /** Where it is to go: a host or a file, for the words of a refusal. */
  readonly to?: string | undefined;
  /** Whoever asks has been told what is known to keep it from succeeding, and tries it all the same. */
  readonly unchecked?: boolean | undefined;
}

export interface ResumeOptions {
  /** The epoch that was seen: where it is another by now, the domain is not resumed. */
  readonly epoch?: number;
  /** Resumes one that was sent away, too, under its own name: whoever asks has looked where it was sent. */
  readonly force?: boolean;
}

/**
 * A domain that is taken for a migration or a save. Until it is released, or this process ends, its owner refuses
 * whatever others ask that could run it, move it or give it another name. Each request names the suspend that it is
 * about, and is refused where the domain was suspended or resumed by others since.
 */
export interface OutgoingDomain {
  /** The domain when it was taken. */
  readonly info: DomainInfo;
  /** The configuration as libxl JSON, when it was taken. */
  readonly configuration: string;
  /**
   * Writes the libxl stream, an image inside, and leaves the domain suspended.
   * When it throws, log-dirty is off; whether the domain was suspended by then, `describe` tells.
   * @throws HostError `unavailable` where this host can only write to a descriptor and the output is none
   */
  saveTo(output: OctetSink, options: SaveOptions): ImageReport;
  /**
   * Gives it the name of a domain that was sent away. It looks a last time: from then on nobody else runs it here.
   * @throws HostError where it is not as `saveTo` left it
   */
  sendAway(name: string, sentTo?: string): void;
  /** Lets it run where it stands, under its own name again where it was sent away; one that was paused stays paused. */
  resume(options?: { readonly paused?: boolean }): void;
  destroy(): void;
  /** Ends the hold, once: a domain that is suspended stays so, one that was sent away as well. */
  release(): void;
}

/** A domain that arrives: complete, and run by nobody. It ends with this process unless it is started. */
export interface IncomingDomain {
  readonly domid: number;
  /** Its operator had paused it where it comes from. */
  readonly wasPaused: boolean;
  /**
   * Gives it its name and lets it run, unless it is to be paused or was. From then on it no longer ends with this process,
   * which holds it until it is released: nobody moves it on while it may still have to be destroyed here.
   * @throws HostError name-taken, uuid-taken
   */
  start(name: string, options?: { readonly paused?: boolean }): void;
  destroy(): void;
  /** Ends the hold, once, of a domain that was started. */
  release(): void;
}

export interface RestoreOptions {
  /** The domain's configuration as libxl JSON, from the xl header. */
  readonly configuration: string;
  /** Its name while it arrives: not the configured one. */
  readonly name: string;
  /** It comes from another host, which may be this one, and has it until it gives permission. */
  readonly fromHost?: boolean;
  /** What is known to keep it from starting here is not looked at, but for another domain in its place. */
  readonly unchecked?: boolean;
  /** Where nobody listens nothing is told: on Xen an event comes from another process. */
  readonly onEvent?: ((event: RestoreEvent) => void) | undefined;
}

/** The preparations of a host for a domain that is to arrive. */
export interface ExpectedDomain {
  /** See Host. Once. */
  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain;
  /** Ends what was made ready, unless a domain has come of it. */
  release(): void;
}

/** The log of what a domain writes, without anything being sent. */
export type DirtyLog = Pick<Memory, 'pageCount' | 'cleanLogDirty'>;

/** What a source finds, and what it asks its target. */
export interface Departure {
  readonly checks: readonly Check[];
  readonly question: PreflightQuestion;
}

/** The libxl layer: domains by domid. Everything here blocks: a toolstack runs it in a worker. */
export interface Host {
  info(): HostInfo;
  list(): DomainInfo[];
  /** @param nameOrDomid a domid where it is all digits, as for stock: a domain that arrives may be called so */
  find(nameOrDomid: string): DomainInfo | undefined;
  /** @throws HostError no-such-domain */
  describe(domid: number): DomainInfo;
  /** The configuration as libxl JSON, NAME as it is now. */
  configuration(domid: number): string;
  /**
   * Says in words why a domain could not live on with another configuration than its own, both as libxl JSON.
   * @returns undefined where nothing is known that speaks against it
   */
  misfit(own: string, other: string): string | undefined;

  /** @throws HostError name-taken; bad-configuration for no name of a domain; `stale` where the epoch is another by now; what the table of commands refuses */
  rename(domid: number, name: string, epoch?: number): void;
  pause(domid: number, epoch?: number): void;
  unpause(domid: number, epoch?: number): void;
  /** Revives a suspended domain where it stands. */
  resume(domid: number, options?: ResumeOptions): void;
  /** @param epoch what was seen: one that was resumed or moved since is not destroyed */
  destroy(domid: number, epoch?: number): void;

  /**
   * Takes a domain for a migration or a save.
   * @throws HostError `held` where another has it, `wrong-state` where it does not run
   */
  take(domid: number, purpose: Purpose): OutgoingDomain;
  /**
   * Logs the domain's writes for as long as `use` runs; it keeps running. However `use` ends, log-dirty is off, unless a
   * migration has taken it over.
   * @throws HostError `wrong-state` where the domain is suspended or has crashed, or its writes are logged already: it is
   *   being migrated; `not-live-migratable` where this host cannot log. Whatever `use` throws
   */
  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T;
  /**
   * Builds a domain from a libxl stream; it does not run until it is started.
   * When it throws, nothing is left of it.
   * @throws HostError `uuid-taken` where a domain of its UUID is here, unless that may be the one that is sent;
   *   bad-configuration, before anything is there, for no name of a domain; `unavailable` where this host can only read from
   *   a descriptor and the input is none
   */
  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain;
  /** Makes ready for a domain that is to arrive, ahead of its stream; absent where nothing can be made ready. */
  expectDomain?(): ExpectedDomain;
  /**
   * Why a domain of a host that logs writes can only be moved by a stop-and-copy, to follow its name; undefined where it moves
   * live. Absent where all domains do.
   */
  whyNotLive?(domid: number): string | undefined;
  /**
   * Looks for what would keep a domain from leaving by a migration. Nothing is touched. It blocks as all else, once what it
   * needs is loaded: no migration waits for that.
   * @param live pages are to be sent while it runs
   * @throws HostError `no-such-domain`, or where nothing can be said of it
   */
  checkDeparture(domid: number, options: { readonly live: boolean }): Promise<Departure>;
  /** Looks for what would keep such a domain from arriving here. Nothing is touched. @throws HostError where this host cannot be used */
  checkArrival(question: PreflightQuestion): Promise<readonly Check[]>;
  /** Sees to what the domain wants once it shuts down; absent where domains need nobody for that. */
  attend?(domid: number): void;
}
