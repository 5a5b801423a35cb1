import type { OctetSource } from '@mig/channel';
import {
  type Arrivals,
  type Departure,
  type DirtyLog,
  type DomainInfo,
  type ExpectedDomain,
  type Host,
  domidIn,
  HostError,
  type HostInfo,
  type IncomingDomain,
  type OutgoingDomain,
  type Purpose,
  type RestoreOptions,
  type ResumeOptions,
} from '@mig/hypervisor';
import { absolutePath } from '@mig/posix/places';
import type { ControlRequest, ControlState } from './control/control-messages.js';
import { commandTable, isHeld, nameOfIncoming } from '@mig/protocol/handshake';
import type { Check, PreflightQuestion } from '@mig/protocol/preflight';
import { type DomainConfiguration, domainType, parseConfiguration } from './configuration.js';
import { closeSync, openSync } from 'node:fs';
import { ControlConnection } from './control-connection.js';
import { defaultHostFolder } from './default-host-folder.js';
import { endProcess } from './end-process.js';
import { inspectGuest } from './guest/inspect.js';
import { HostFolder, noSuchDomain } from './host-folder.js';
import { describeHost, whyNoLogDirty } from './host-info.js';
import { readKernel } from './kernel.js';
import { EmbeddedIncomingDomain } from './incoming-domain.js';
import { IncomingProcess, launchNew } from './launch.js';
import { logDomain } from './log-domain.js';
import { misfit } from './misfit.js';
import { EmbeddedOutgoingDomain, type TakenDomain } from './outgoing-domain.js';
import { isAlive, isSameProcess, ownIdentity } from './process-identity.js';
import { writePrivateFile } from './replace-file.js';
import { refuseForeignStream, restoreDomain } from './restore-domain.js';
import { features } from './features.js';

/** A host whose domains are WebAssembly programs, each in a process of its own; the host is a folder. */
export class EmbeddedHost implements Host {
  get features() {
    return features();
  }

  readonly #folder: HostFolder;

  private constructor(folder: string) {
    this.#folder = new HostFolder(folder);
  }

  /**
   * @param folder the host's folder; the default is in default-host-folder.ts
   * @throws WorkingFolderError for a relative path
   */
  static open(folder = defaultHostFolder()): EmbeddedHost {
    return new EmbeddedHost(absolutePath(folder));
  }

  get arrivals(): Arrivals {
    return this.#folder.arrivals;
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
    const domid = domidIn(nameOrDomid);
    if (domid !== undefined) return domids.includes(domid) ? this.#look(domid) : undefined;
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
    if (named !== undefined) {
      const info = this.#look(named);
      // A domain that was renamed since is not the one asked for.
      return info?.name === nameOrDomid ? info : undefined;
    }
    // It may be the domain whose name could not be read.
    if (unread !== undefined) throw unread;
    return undefined;
  }

  describe(domid: number): DomainInfo {
    return this.#look(domid) ?? noSuchDomain(domid);
  }

  configuration(domid: number): string {
    return this.#configurationOf(domid).json;
  }

  /** The path of the domain's console log; older output is in PATH.0. */
  consolePath(domid: number): string {
    this.#folder.checkThere(domid);
    return this.#folder.pathOf(domid, 'console');
  }

  /**
   * Creates a domain.
   * @param configuration libxl JSON: c_info { type: "wasm", name }, b_info { max_memkb, kernel, cmdline }
   * @returns the domid
   */
  create(configuration: string, options: { paused: boolean }): number {
    const parsed = parseConfiguration(configuration);
    const { module } = inspectGuest(readKernel(parsed.kernel));
    const domid = this.#folder.add(parsed);
    return this.#inhabit(domid, (folder) => {
      writePrivateFile(folder.pathOf(domid, 'kernel'), module);
      launchNew(folder.pathOf(domid));
      if (!options.paused) this.#do(domid, { kind: 'unpause', epoch: 0 }, folder);
      return domid;
    });
  }

  misfit(own: string, other: string): string | undefined {
    return misfit(own, other);
  }

  rename(domid: number, name: string, epoch = 0): void {
    this.#do(domid, { kind: 'rename', epoch, name });
  }

  pause(domid: number, epoch = 0): void {
    this.#do(domid, { kind: 'pause', epoch });
  }

  unpause(domid: number, epoch = 0): void {
    this.#do(domid, { kind: 'unpause', epoch });
  }

  resume(domid: number, { epoch = 0, force = false }: ResumeOptions = {}): void {
    this.#do(domid, { kind: 'resume', epoch, force });
  }

  destroy(domid: number, epoch = 0): void {
    const owner = this.#folder.owner(domid);
    try {
      this.#do(domid, { kind: 'destroy', epoch });
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      // The domain has gone since it was looked at, and may run elsewhere: destroying that is not what was
      // asked for.
      if (!isAlive(owner)) noSuchDomain(domid);
      const isSilent = ['unavailable', 'domain-died'].includes(error.code);
      // A domain that answered earlier may be held by another now, which only its process knows.
      if (!isSilent || (epoch !== 0 && epoch !== UNANSWERED.epoch)) throw error;
      this.#folder.whileHere(domid, owner, () => endProcess(owner));
    }
    endProcess(owner, () => undefined);
    this.#folder.remove(domid, owner);
  }

  take(domid: number, purpose: Purpose): OutgoingDomain {
    const owner = this.#folder.owner(domid);
    const connection = new ControlConnection(this.#folder.pathOf(domid), domid);
    const look = (): TakenDomain => ({
      info: this.describe(domid),
      configuration: this.configuration(domid),
      owner,
      whyNoLogDirty: whyNoLogDirty(),
    });
    const remove = () => this.#folder.remove(domid, owner);
    return EmbeddedOutgoingDomain.take(connection, purpose, { look, remove });
  }

  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    return logDomain({ domid, owner: this.#folder.owner(domid), folder: this.#folder.pathOf(domid) }, use);
  }

  /** Starts the domain's process ahead: that takes about as long as everything before its first page. */
  expectDomain(): ExpectedDomain {
    const incoming = new IncomingProcess();
    return {
      restoreFrom: (input, options) => this.#restore(input, options, () => incoming),
      release: () => incoming.release(),
    };
  }

  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain {
    return this.#restore(input, options, () => new IncomingProcess());
  }

  #restore(
    input: OctetSource,
    { configuration, name, fromHost = false, onEvent, features, digest }: RestoreOptions,
    process: () => IncomingProcess,
  ): IncomingDomain {
    const type = domainType(configuration);
    if (type !== 'wasm') refuseForeignStream(type, input);
    const parsed = parseConfiguration(configuration, { name });
    if (fromHost) this.#refuseWhereHere(parsed);
    const domid = this.#folder.add(parsed, { fromHost });
    return this.#inhabit(domid, (folder) => {
      const place = { path: this.#folder.pathOf(domid), seen: folder.pathOf(domid) };
      const connection = process().settle(place, () => this.#hold(domid, folder));
      try {
        const owner = folder.owner(domid);
        restoreDomain(owner, connection, input, { onEvent, features, digest });
        const { wasPaused } = connection.state();
        return new EmbeddedIncomingDomain(domid, wasPaused, owner, connection, () => {
          this.#folder.remove(domid, owner);
        });
      } catch (error) {
        connection.close();
        throw error;
      }
    });
  }

  /** Takes hold of a domain: if this process is killed, the domain ends with it. */
  #hold(domid: number, folder: HostFolder): ControlConnection {
    const connection = new ControlConnection(folder.pathOf(domid), domid);
    try {
      connection.do({ kind: 'hold' });
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  async checkDeparture(domid: number, { live }: { readonly live: boolean }): Promise<Departure> {
    const { checkAwayName, checkDomain, checkLog, hostIdentity } = await import('./preflight.js');
    const domain = this.describe(domid);
    return {
      checks: [
        checkDomain(domain, { movesPaused: true }),
        checkAwayName(domain, this.list()),
        checkLog(whyNoLogDirty(), live),
      ],
      question: { configuration: this.configuration(domid), host: hostIdentity(this.#folder.path) },
    };
  }

  async checkArrival({ configuration, host }: PreflightQuestion): Promise<Check[]> {
    const { checkArrival, hostIdentity } = await import('./preflight.js');
    const domids = this.#folder.domids();
    const isSource = host !== undefined && host === hostIdentity(this.#folder.path);
    return checkArrival(configuration, {
      takenDomids: domids,
      inTheWay: (parsed) => [...this.#inTheWay(parsed, isSource)],
    });
  }

  /**
   * Refuses a domain that could not start here, before any page is received; the decision itself is made at
   * its start.
   * @throws HostError name-taken, uuid-taken
   */
  #refuseWhereHere(configuration: DomainConfiguration): void {
    for (const error of this.#inTheWay(configuration)) throw error;
  }

  /**
   * Lists what keeps a domain from starting.
   * @param isSource this host is about to send the domain, which counts as sent
   */
  *#inTheWay({ name, uuid }: DomainConfiguration, isSource = false): Generator<HostError> {
    const ownName = nameOfIncoming(name) ?? name;
    // Only possible conflicts are asked: a domain that does not answer costs time.
    for (const domid of this.#folder.domids()) {
      const notes = this.#notesOf(domid);
      const isItself = notes?.uuid.toLowerCase() === uuid.toLowerCase();
      if (notes === undefined || (!isItself && notes.name !== ownName)) continue;
      const found = isItself ? this.#look(domid)?.standing : undefined;
      const standing = isSource && found === 'free' ? 'taken' : found;
      // A domain of unknown standing may run.
      if (standing === 'unknown' || (standing !== undefined && commandTable.receive[standing] !== 'does')) {
        const message = `${notes.name}, domid ${domid}, is this very domain, and is here already`;
        yield new HostError('uuid-taken', message, { domid });
      }
      // The name of a domain that is being sent will be free.
      const leaves = standing !== undefined && standing !== 'unknown' && isHeld(standing);
      if (notes.name === ownName && !leaves) {
        const message = `there is a domain called ${ownName} already, domid ${domid}`;
        yield new HostError('name-taken', message, { domid });
      }
    }
  }

  /**
   * Brings a domain to life in the folder that was added for it. The host's folder may be renamed
   * meanwhile, and its old name given to another host with a domain of the same domid: so the host is named
   * by a descriptor here. If the action throws, nothing is left of the domain.
   */
  #inhabit<T>(domid: number, action: (folder: HostFolder) => T): T {
    const descriptor = openSync(this.#folder.path, 'r');
    try {
      const folder = new HostFolder(`/proc/self/fd/${descriptor}`);
      const creator = folder.noted(domid);
      if (creator === undefined || !isSameProcess(creator, ownIdentity())) {
        throw new HostError(
          'unavailable',
          `${this.#folder.path} is another folder since domain ${domid} was begun`,
        );
      }
      try {
        return action(folder);
      } catch (error) {
        discard(domid, folder);
        throw error;
      }
    } finally {
      closeSync(descriptor);
    }
  }

  #do(domid: number, request: ControlRequest, folder = this.#folder): void {
    this.#with(domid, (connection) => connection.do(request), folder);
  }

  #configurationOf(domid: number): DomainConfiguration {
    // Also for a domain out of reach: only its file is read.
    if (!this.#folder.domids().includes(domid)) noSuchDomain(domid);
    return this.#folder.configuration(domid) ?? noSuchDomain(domid);
  }

  #with<T>(domid: number, action: (connection: ControlConnection) => T, folder = this.#folder): T {
    folder.checkThere(domid);
    const connection = new ControlConnection(folder.pathOf(domid), domid);
    try {
      return action(connection);
    } finally {
      connection.close();
    }
  }

  /**
   * Looks at a domain.
   * @returns undefined if it does not exist, or its process does not answer yet or any more
   */
  #look(domid: number): DomainInfo | undefined {
    const notes = this.#notesOf(domid);
    if (notes === undefined) return undefined;
    let state: Omit<ControlState, 'standing'> & Pick<DomainInfo, 'standing'>;
    try {
      state = this.#with(domid, (connection) => connection.state());
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (error.code !== 'unavailable') return undefined;
      // The domain is there, or may be, and does not respond, for example because a signal stopped it.
      // Acting on it gives the reason.
      state = UNANSWERED;
    }
    const { paused, suspended, crashed, cpuSeconds, logDirty, standing, epoch, sentTo } = state;
    return {
      domid,
      ...notes,
      // The notes may be older than what its process says.
      ...(state.name === '' ? {} : { name: state.name }),
      vcpus: 1,
      state: { paused, suspended, crashed },
      cpuSeconds,
      logDirty,
      standing,
      epoch,
      ...(sentTo === '' ? {} : { sentTo }),
    };
  }

  /** Reads the notes in the domain's folder; unreadable ones hide neither the domain nor the others. */
  #notesOf(domid: number): Pick<DomainInfo, 'name' | 'uuid' | 'memory'> | undefined {
    try {
      const configuration = this.#folder.configuration(domid);
      if (configuration === undefined) return undefined;
      const { name, uuid, memory } = configuration;
      return { name, uuid, memory };
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      return UNREADABLE;
    }
  }
}

function discard(domid: number, folder: HostFolder): void {
  const owner = folder.noted(domid);
  if (owner === undefined) return;
  // Until the domain's process is noted, this process is.
  if (!isSameProcess(owner, ownIdentity())) endProcess(owner);
  folder.remove(domid, owner);
}

const UNANSWERED = {
  paused: false,
  suspended: false,
  crashed: true,
  logDirty: false,
  cpuSeconds: 0,
  ram: { descriptor: 0, address: 0, length: 0 },
  name: '',
  standing: 'unknown' as const,
  // An epoch of no domain: a decision made without an answer is refused by a process that answers after
  // all.
  epoch: 1,
  sentTo: '',
  wasPaused: false,
};

const UNREADABLE = { name: '(unreadable)', uuid: '00000000-0000-0000-0000-000000000000', memory: 0 };
