import {
  type DirtyLog,
  type DomainInfo,
  type Host,
  HostError,
  type HostInfo,
  type ImageReport,
  type PrecopyPolicy,
  type PrecopyStats,
  type RenameOptions,
  type RestoreOptions,
  type SaveOptions,
} from '@mig/hypervisor';
import type { Input, Output } from '@mig/posix';
import type { ControlState } from '@mig/protocol/control';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DomainConfiguration, domainType, parseConfiguration } from './configuration.js';
import { ControlConnection } from './control-connection.js';
import { endProcess } from './end-process.js';
import { inspectGuest } from './guest/inspect.js';
import { HostFolder, noSuchDomain } from './host-folder.js';
import { describeHost, whyNoLogDirty } from './host-info.js';
import { readKernel } from './kernel.js';
import { launchDomain } from './launch.js';
import { logDomain } from './log-domain.js';
import { isSameProcess, ownIdentity } from './process-identity.js';
import { refuseForeignStream, restoreDomain } from './restore-domain.js';
import { saveDomain } from './save-domain.js';

/** Domains that are WebAssembly programs, each in a process of its own; a folder is a host. */
export class EmbeddedHost implements Host {
  readonly #folder: HostFolder;
  /** Connections to the domains that end with this process. */
  readonly #tentative = new Map<number, ControlConnection>();

  private constructor(folder: string) {
    this.#folder = new HostFolder(folder);
  }

  /** @param folder MIG_HOST_DIR where it is not given, else `mig/host` in the user's state directory */
  static open(folder = defaultHostFolder()): EmbeddedHost {
    return new EmbeddedHost(resolve(folder));
  }

  info(): HostInfo {
    return describeHost(this.#folder.path, { domains: this.#folder.domids().length });
  }

  list(): DomainInfo[] {
    return this.#folder
      .domids()
      .map((domid) => this.#look(domid))
      .filter((info) => info !== undefined);
  }

  find(nameOrDomid: string): DomainInfo | undefined {
    const domids = this.#folder.domids();
    let unread: HostError | undefined;
    const named = domids.find((domid) => {
      try {
        return this.#folder.configuration(domid)?.name === nameOrDomid;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        unread ??= error;
        return false;
      }
    });
    if (named !== undefined) return this.#look(named);
    const domid = /^[0-9]+$/.test(nameOrDomid) ? Number(nameOrDomid) : undefined;
    if (domid !== undefined && domids.includes(domid)) return this.#look(domid);
    // It may be the one whose name could not be read.
    if (unread !== undefined) throw unread;
    return undefined;
  }

  describe(domid: number): DomainInfo {
    return this.#look(domid) ?? noSuchDomain(domid);
  }

  configuration(domid: number): string {
    return this.#configurationOf(domid).json;
  }

  /** The file that the domain's console is written to; what was too long for it is in PATH.0. */
  consolePath(domid: number): string {
    this.#folder.checkThere(domid);
    return this.#folder.pathOf(domid, 'console');
  }

  /**
   * Creates a domain.
   * @param configuration libxl JSON: c_info { type: "wasm", name }, b_info { max_memkb, kernel, cmdline }
   * @returns its domid
   */
  create(configuration: string, options: { paused: boolean }): number {
    const parsed = parseConfiguration(configuration);
    const { module } = inspectGuest(readKernel(parsed.kernel));
    return this.#build(parsed, (domid) => {
      writeFileSync(this.#folder.pathOf(domid, 'kernel'), module);
      launchDomain(this.#folder.pathOf(domid), 'create');
      if (!options.paused) this.unpause(domid);
    });
  }

  rename(domid: number, name: string, options?: RenameOptions): void {
    this.#folder.checkThere(domid);
    this.#folder.rename(domid, name, options);
    this.#release(domid);
  }

  pause(domid: number): void {
    this.#with(domid, (connection) => connection.do({ kind: 'pause' }));
  }

  unpause(domid: number): void {
    this.#with(domid, (connection) => connection.do({ kind: 'unpause' }));
  }

  resume(domid: number): void {
    this.#with(domid, (connection) => connection.do({ kind: 'resume' }));
  }

  destroy(domid: number): void {
    const owner = this.#folder.owner(domid);
    endProcess(owner, () => this.#with(domid, (connection) => connection.do({ kind: 'destroy' })));
    this.#forget(domid);
    this.#folder.remove(domid, owner);
  }

  saveTo(domid: number, output: Output, options: SaveOptions): ImageReport {
    const owner = this.#folder.owner(domid);
    const reason = options.live ? whyNoLogDirty() : undefined;
    if (reason !== undefined && !suspendsAtOnce(options.policy)) {
      throw new HostError('not-live-migratable', `domain ${domid} cannot be migrated live: ${reason}`, {
        domid,
      });
    }
    const domain = { domid, owner, folder: this.#folder.pathOf(domid) };
    return saveDomain(domain, output, reason === undefined ? options : { ...options, live: false });
  }

  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    return logDomain({ domid, owner: this.#folder.owner(domid), folder: this.#folder.pathOf(domid) }, use);
  }

  restoreFrom(input: Input, options: RestoreOptions): number {
    const type = domainType(options.configuration);
    if (type !== 'wasm') refuseForeignStream(type, input);
    const configuration = parseConfiguration(options.configuration, { name: options.name });
    return this.#build(configuration, (domid) => {
      launchDomain(this.#folder.pathOf(domid), 'incoming');
      const connection = new ControlConnection(this.#folder.pathOf(domid), domid);
      this.#tentative.set(domid, connection);
      // Should this process be killed, the copy goes with it.
      connection.do({ kind: 'hold' });
      restoreDomain(this.#folder.owner(domid), connection, input);
      if (options.tentative !== true) this.#release(domid);
    });
  }

  /** When it throws, nothing is left of the domain. */
  #build(configuration: DomainConfiguration, action: (domid: number) => void): number {
    const domid = this.#folder.add(configuration);
    try {
      action(domid);
      return domid;
    } catch (error) {
      this.#discard(domid);
      throw error;
    }
  }

  /** From now on the domain does without this process. */
  #release(domid: number): void {
    this.#tentative.get(domid)?.do({ kind: 'release' });
    this.#forget(domid);
  }

  #forget(domid: number): void {
    this.#tentative.get(domid)?.close();
    this.#tentative.delete(domid);
  }

  #discard(domid: number): void {
    this.#forget(domid);
    const owner = this.#folder.noted(domid);
    if (owner === undefined) return;
    // Until the domain's process has put itself in the place, it says that it is this one.
    if (!isSameProcess(owner, ownIdentity())) endProcess(owner);
    this.#folder.remove(domid, owner);
  }

  #configurationOf(domid: number): DomainConfiguration {
    // Also of one that cannot be reached: only its file is read.
    if (!this.#folder.domids().includes(domid)) noSuchDomain(domid);
    return this.#folder.configuration(domid) ?? noSuchDomain(domid);
  }

  #with<T>(domid: number, action: (connection: ControlConnection) => T): T {
    this.#folder.checkThere(domid);
    const connection = new ControlConnection(this.#folder.pathOf(domid), domid);
    try {
      return action(connection);
    } finally {
      connection.close();
    }
  }

  /** @returns undefined where it is not there, or not yet or no longer with a process that answers */
  #look(domid: number): DomainInfo | undefined {
    const notes = this.#notesOf(domid);
    if (notes === undefined) return undefined;
    let state: ControlState;
    try {
      state = this.#with(domid, (connection) => connection.state());
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.code !== 'unavailable') return undefined;
      // It is there, or may be, and does nothing: stopped by a signal, say. Whoever acts on it is told why.
      state = UNANSWERED;
    }
    const { paused, suspended, crashed, cpuSeconds, logDirty } = state;
    return {
      domid,
      ...notes,
      vcpus: 1,
      state: { paused, suspended, crashed },
      cpuSeconds,
      logDirty,
    };
  }

  /** What the domain's folder says; one that cannot be read does not hide the domain, nor the others. */
  #notesOf(domid: number): Pick<DomainInfo, 'name' | 'uuid' | 'memory' | 'sentTo'> | undefined {
    try {
      const configuration = this.#folder.configuration(domid);
      if (configuration === undefined) return undefined;
      const { name, uuid, memory } = configuration;
      const sentTo = this.#folder.sentTo(domid);
      return { name, uuid, memory, ...(sentTo === undefined ? {} : { sentTo }) };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return UNREADABLE;
    }
  }
}

/** Nothing has to be logged for a policy that makes no live pass. */
function suspendsAtOnce(policy: PrecopyPolicy): boolean {
  const before: PrecopyStats = {
    iteration: 0,
    totalWritten: 0,
    dirtyCount: undefined,
    point: 'dirty-count-known',
    elapsedMilliseconds: 0,
    sendRate: undefined,
    dirtyRate: undefined,
    dirtyCounts: [],
    suspendCost: 0,
    estimatedDowntime: undefined,
  };
  return policy(before).decision === 'stop-and-copy';
}

const UNANSWERED: ControlState = {
  paused: false,
  suspended: false,
  crashed: true,
  incoming: false,
  logDirty: false,
  cpuSeconds: 0,
  ram: { descriptor: 0, address: 0, length: 0 },
};

const UNREADABLE = { name: '(unreadable)', uuid: '00000000-0000-0000-0000-000000000000', memory: 0 };

function defaultHostFolder(): string {
  const { MIG_HOST_DIR, XDG_STATE_HOME } = process.env;
  // Empty is as good as unset.
  return MIG_HOST_DIR || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'mig', 'host');
}
