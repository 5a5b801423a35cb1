import type { OctetSource } from '@mig/channel';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  checkName,
  type Departure,
  type DirtyLog,
  type DomainInfo,
  type Host,
  HostError,
  isMeant,
  type HostInfo,
  type IncomingDomain,
  type OutgoingDomain,
  type Purpose,
  type RestoreOptions,
  type ResumeOptions,
} from '@mig/hypervisor';
import { HostArrivals } from '@mig/hypervisor/host-arrivals';
import { pause, tryLockDescriptor } from '@mig/posix';
import { judgeCommand, nameOfAway, nameOfIncoming } from '@mig/protocol/handshake';
import type { Check, PreflightQuestion } from '@mig/protocol/preflight';
import { checkArriving } from './preflight/arriving-configuration.js';
import { type CpuPolicy, XenControl } from './libxc/control.js';
import { detectXen } from './version/detect.js';
import { DomainLedger, type Found } from './domain/domain-ledger.js';
import type { DomainRecord } from './record/domain-record.js';
import { XenError } from './xen/errors.js';
import { thisProcess } from './record/holder.js';
import { HostLock } from './domain/host-lock.js';
import { XenIncomingDomain } from './domain/incoming-domain.js';
import { LibxlClient } from './libxl/libxl-client.js';
import { LibxlImages, renamed, uuidIn } from './domain/libxl-images.js';
import { XenOutgoingDomain } from './domain/outgoing-domain.js';
import { checkArrival, refuseArrival } from './preflight/arrival.js';
import { needsIn } from './preflight/configuration.js';
import { checkLog, checkPassedThrough, NO_LOG_OF_PV, refuseUnmovable } from './preflight/departure.js';
import type { HostMemory } from './preflight/memory.js';
import { misfit } from './preflight/misfit.js';
import { refusal } from './domain/refusal.js';
import { isBeingSavedLive, stockXlMoving } from './xen/saver-processes.js';
import { withXenDirtyLog } from './libxc/xen-dirty-log.js';
import { type StandingDomain, XenDomains } from './domain/xen-domains.js';
import { withinCpuMasks } from './libxl/cpu-masks.js';
import { cautionAbout, versionText, type XenVersion } from './xen/xen-version.js';
import { ASSUMED_SUSPEND_COST } from './libxc/xen-memory.js';
import { buildBy, type XlSettings } from './libxl/xl-settings.js';
import { Xenstore } from './xen/xenstore.js';

export interface XenHostOptions {
  /** The path of xl-save-helper. */
  readonly saveHelper: string;
  /** The folder of mig's data about this host. */
  readonly stateFolder?: string;
}

/** The default folder: it survives a reboot, as measured costs must. */
const STATE_FOLDER = '/var/lib/mig';

/**
 * A Xen host through libxl, which works as for stock `xl`, device models and devices included; the image,
 * and so the precopy loop, is our save helper's. The ledger decides who may do what to a domain.
 */
export class XenHost implements Host {
  readonly arrivals: HostArrivals;
  readonly #domains = new XenDomains(() => new LibxlClient());
  readonly #images: LibxlImages;
  readonly #lock: HostLock;
  readonly #stateFolder: string;
  readonly #version: XenVersion;
  #openLedger: DomainLedger | undefined;

  /** @throws HostError where this is not a Xen host that mig knows, saying why */
  constructor({ saveHelper, stateFolder = STATE_FOLDER }: XenHostOptions) {
    this.#version = detectXen();
    this.#images = new LibxlImages(this.#domains, saveHelper);
    this.#stateFolder = stateFolder;
    const lock = (this.#lock = new HostLock(stateFolder));
    this.arrivals = new HostArrivals({
      folder: stateFolder,
      locked: (action) => lock.locked(action),
      tryLock: tryLockDescriptor,
    });
  }

  /** The ledger, opened at the first action: looking needs libxl alone. */
  get #ledger(): DomainLedger {
    return (this.#openLedger ??= new DomainLedger(new XenControl(this.#version), new Xenstore(), this.#lock));
  }

  /** The warning for an operator who trusts this host's Xen with a domain. */
  get caution(): string | undefined {
    return cautionAbout(this.#version);
  }

  info(): HostInfo {
    const version = versionText(this.#version);
    return {
      hypervisor: `Xen ${version}`,
      version: `${version}${readFileSync('/sys/hypervisor/version/extra', 'utf8').trim()}`,
      whyNoLogDirty: undefined,
      assumedSuspendCost: ASSUMED_SUSPEND_COST,
      stateFolder: this.#stateFolder,
      details: {},
    };
  }

  list(): DomainInfo[] {
    return this.#domains.list().map(describe);
  }

  find(nameOrDomid: string): DomainInfo | undefined {
    return this.list().find((domain) => isMeant(domain, nameOrDomid));
  }

  describe(domid: number): DomainInfo {
    return describe(this.#domains.describe(domid));
  }

  configuration(domid: number): string {
    return renamed(this.#domains.configuration(domid), this.describe(domid).name);
  }

  misfit(own: string, other: string): string | undefined {
    return misfit(own, other);
  }

  rename(domid: number, name: string, epoch?: number): void {
    checkName(name, domid);
    this.#ledger.locked(() => {
      const found = this.#ledger.permit(domid, 'rename', epoch);
      this.#domains.checkName(domid, name);
      // A domain that stock xl has sent away shows it only by its name.
      const { standing, epoch: now } = found.standing;
      if (standing === 'away') this.#ledger.write(domid, { ...settled(found), standing, epoch: now });
      this.#domains.rename(domid, name);
    });
  }

  pause(domid: number, epoch?: number): void {
    this.#ledger.locked(() => {
      this.#ledger.permit(domid, 'pause', epoch);
      this.#domains.do('pause', domid);
    });
  }

  unpause(domid: number, epoch?: number): void {
    this.#ledger.locked(() => {
      const { record } = this.#ledger.permit(domid, 'unpause', epoch);
      this.#domains.do('unpause', domid);
      // Nobody can tell whose pause it was: Xen counts them.
      if (record?.pause === true) this.#ledger.write(domid, { ...record, pause: undefined });
    });
  }

  resume(domid: number, { epoch, force = false }: ResumeOptions = {}): void {
    const [ledger, domains] = [this.#ledger, this.#domains];
    ledger.locked(() => {
      const found = ledger.permit(domid, force ? 'resume --force' : 'resume', epoch);
      const { observed, record, next } = found;
      if (next === 'gone') throw refusal('stale', domid, observed.name, found.standing);
      const ownName = nameOfAway(observed.name) ?? observed.name;
      refuseWhereStockMoves(domid, [observed.name, ownName]);
      domains.checkRunsOnce(domid, observed.uuid);
      domains.checkName(domid, ownName);
      if (observed.suspended) domains.do('resume', domid);
      ledger.unpause(domid, record?.pause === true);
      ledger.write(domid, { ...next, uuid: observed.uuid, ownName });
      if (ownName !== observed.name) domains.rename(domid, ownName);
    });
  }

  destroy(domid: number, epoch?: number): void {
    const ledger = this.#ledger;
    const found = ledger.locked(() => {
      const permitted = ledger.permit(domid, 'destroy', epoch);
      ledger.write(domid, { ...settled(permitted), ending: thisProcess() });
      return permitted;
    });
    try {
      // Not under the lock: removing devices takes time.
      this.#domains.do('destroy', domid);
    } catch (error) {
      this.#undoEnding(domid, found);
      throw error;
    }
  }

  #undoEnding(domid: number, { observed: { uuid } }: Found): void {
    const ledger = this.#ledger;
    try {
      ledger.locked(() => {
        const { record } = ledger.look(domid);
        if (record?.uuid === uuid) ledger.write(domid, { ...record, ending: undefined });
      });
    } catch {
      // The first error is the one to report; the note loses its meaning when this process ends.
    }
  }

  take(domid: number, purpose: Purpose): OutgoingDomain {
    const parts = {
      ledger: this.#ledger,
      domains: this.#domains,
      save: this.#images.save.bind(this.#images, domid),
    };
    return XenOutgoingDomain.take(parts, domid, purpose, () => {
      const info = this.describe(domid);
      const configuration = renamed(this.#domains.configuration(domid), info.name);
      if (purpose.kind === 'migration' && purpose.unchecked !== true) refuseUnmovable(configuration, domid);
      return { info, configuration };
    });
  }

  /** Logs through libxenctrl in this process, which needs no SIGCHLD. */
  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    const { domain, standing } = this.#domains.describe(domid);
    const verdict = judgeCommand(standing, 'dirty-rate', undefined);
    if (!verdict.allowed) throw refusal(verdict.why, domid, domain.name, standing);
    if (domain.crashed) throw new HostError('wrong-state', `${domain.name} has crashed`, { domid });
    const why = this.whyNotLive(domid);
    if (why !== undefined) throw new HostError('not-live-migratable', `${domain.name} ${why}`, { domid });
    return this.#withControl((control) =>
      withXenDirtyLog(control, domid, () => isBeingSavedLive(domid), use),
    );
  }

  whyNotLive(domid: number): string | undefined {
    const facts = this.#withControl((control) => control.describe(domid));
    return facts?.hvm === false ? NO_LOG_OF_PV : undefined;
  }

  async checkDeparture(domid: number): Promise<Departure> {
    const { checkAwayName, checkDomain, hostIdentity } = await import('@mig/hypervisor/preflight');
    const domain = this.describe(domid);
    const configuration = this.configuration(domid);
    const needs = needsIn(configuration);
    const { major, minor } = this.#version;
    const cpuPolicy = needs.type === 'pv' ? undefined : this.#cpuPolicy(domid);
    return {
      checks: [
        checkDomain(domain, { movesPaused: false }),
        checkAwayName(domain, this.list()),
        checkLog(needs),
        checkPassedThrough(needs),
      ],
      question: {
        configuration,
        host: hostIdentity(this.#stateFolder),
        xen: { major, minor, ...(cpuPolicy && { cpuPolicy }) },
      },
    };
  }

  /** @returns undefined if Xen does not tell: the target then says that it cannot judge */
  #cpuPolicy(domid: number): CpuPolicy | undefined {
    try {
      return this.#withControl((control) => control.cpuPolicy(domid));
    } catch (error) {
      if (!(error instanceof XenError)) throw error;
      return undefined;
    }
  }

  async checkArrival(question: PreflightQuestion): Promise<Check[]> {
    const { hostIdentity } = await import('@mig/hypervisor/preflight');
    const leaving = question.host !== undefined && question.host === hostIdentity(this.#stateFolder);
    return checkArrival(question, {
      version: this.#version,
      memory: () => this.#memory(),
      cpuMasks: () => this.#domains.xlSettings().cpuMasks,
      processors: () => ({
        offered: () => this.#withControl((control) => control.offeredCpuPolicy()),
        isOffered: (policy) => this.#withControl((control) => control.offersCpuPolicy(policy)),
      }),
      // A host that sends to itself has the domain until it is sent.
      refuseCopy: (uuid) => {
        if (!leaving) this.#domains.checkComes(uuid, 'receive');
      },
      refuseName: (name, uuid) => this.#refuseNameHere(name, uuid),
      takenDomids: this.list().map(({ domid }) => domid),
    });
  }

  #memory(autoballoon = this.#domains.xlSettings().autoballoon): HostMemory {
    return {
      free: this.#domains.freeMemory(),
      controlDomain: this.#domains.controlDomainMemory(),
      autoballoon,
    };
  }

  #withControl<T>(use: (control: XenControl) => T): T {
    const control = new XenControl(this.#version);
    try {
      return use(control);
    } finally {
      control.close();
    }
  }

  restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain {
    checkName(options.name);
    checkArriving(options.configuration);
    this.#refuseWhereHere(options);
    const settings = this.#domains.xlSettings();
    if (options.unchecked !== true) {
      refuseArrival(options.configuration, { memory: () => this.#memory(settings.autoballoon) });
    }
    const domid = this.#build(input, options, settings);
    return XenIncomingDomain.arrived({ ledger: this.#ledger, domains: this.#domains }, domid);
  }

  /** Builds by stock `xl`'s settings: domain 0 may have to release memory. */
  #build(input: OctetSource, options: RestoreOptions, settings: XlSettings): number {
    const time = {
      pause: (milliseconds: number) => pause(milliseconds, { interrupt: input.interrupt }),
      now: () => performance.now(),
    };
    const building = {
      configuration: withinCpuMasks(options.configuration, settings.cpuMasks),
      longestWait: input.timeout.milliseconds,
      ...{ time, unchecked: options.unchecked },
    };
    return buildBy(settings, this.#domains, building, (own) =>
      this.#images.restore(input, { ...options, configuration: own }),
    );
  }

  /**
   * Refuses a domain that could not start here, before any page is received; the decision itself is made at
   * its start.
   * @throws HostError name-taken, uuid-taken
   */
  #refuseWhereHere({ configuration, name, fromHost = false }: RestoreOptions): void {
    const uuid = uuidIn(configuration);
    const command = fromHost ? 'receive' : 'create';
    if (uuid !== undefined) this.#domains.checkComes(uuid, command);
    this.#refuseNameHere(nameOfIncoming(name) ?? name, uuid);
  }

  /**
   * @param uuid of the domain that is to have the name: that of a domain being sent will be free
   * @throws HostError name-taken
   */
  #refuseNameHere(name: string, uuid: string | undefined): void {
    const holder = this.list().find((domain) => domain.name === name && domain.uuid !== uuid);
    if (holder === undefined) return;
    const { domid } = holder;
    throw new HostError('name-taken', `there is a domain called ${name} already, domid ${domid}`, { domid });
  }

  /**
   * Leaves a process behind that applies the domain's configured actions when it shuts down, as stock `xl`
   * does. It writes to /var/log/xen/xl-NAME.log; older logs are numbered.
   */
  attend(domid: number): void {
    const program = fileURLToPath(new URL('../bin/libxl-monitor.cjs', import.meta.url));
    const log = openSync(this.#domains.newLog(`xl-${this.describe(domid).name}`), 'a', 0o640);
    try {
      spawn(process.execPath, [program, String(domid)], {
        detached: true,
        stdio: ['ignore', log, log],
      }).unref();
    } finally {
      closeSync(log);
    }
  }
}

/**
 * Refuses a domain that stock xl is moving. A domain that `xl suspend` has put to RAM looks the same, and
 * nobody holds it.
 */
function refuseWhereStockMoves(domid: number, names: readonly string[]): void {
  const pid = stockXlMoving([...names, String(domid)]);
  if (pid === undefined) return;
  const words = `${names[0]} is being saved or migrated by the stock xl, process ${pid}`;
  throw new HostError('held', words, { domid });
}

/** The record, or the one it has from now on. */
function settled({ observed, record, standing: { standing, epoch } }: Found): DomainRecord {
  const { uuid, name, cpuNanoseconds } = observed;
  return record ?? { standing, epoch, uuid, ownName: nameOfAway(name) ?? name, cpuNanoseconds };
}

/**
 * Describes a domain. mig's own pause of a domain that it moves is hidden: the domain is as paused as its
 * operator left it.
 */
function describe({ domain, standing: { standing, epoch, sentTo, pause } }: StandingDomain): DomainInfo {
  const { domid, name, uuid, memory, vcpus, suspended, crashed, cpuNanoseconds } = domain;
  const paused = domain.paused && (!pause || standing === 'incoming');
  return {
    domid,
    name,
    uuid,
    memory: Math.round(memory / 1024),
    vcpus,
    state: { paused, suspended, crashed },
    cpuSeconds: cpuNanoseconds / 1e9,
    logDirty: undefined,
    standing,
    epoch,
    ...(sentTo === undefined ? {} : { sentTo }),
  };
}
