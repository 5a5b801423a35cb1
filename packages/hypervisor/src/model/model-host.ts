import type { OctetSink, OctetSource } from '@mig/channel';
import {
  type DomainCommand,
  type ExtensionFeatures,
  type HolderAct,
  judgeCommand,
  judgeHolder,
  type Ownership,
  type OwnerVerdict,
} from '@mig/protocol/handshake';
import { type Check, failed, passed, type PreflightQuestion } from '@mig/protocol/preflight';
import { setBit } from '../bitmap.js';
import { checkName, isMeant } from '../naming.js';
import { HostError, refusalCodes } from '../errors.js';
import { ModelArrivals } from './model-arrivals.js';
import type {
  Departure,
  DirtyLog,
  DomainInfo,
  Host,
  HostInfo,
  IncomingDomain,
  OutgoingDomain,
  Purpose,
  RestoreOptions,
  ResumeOptions,
  SaveOptions,
} from '../host.js';
import { checkAwayName, checkDomain } from '../preflight.js';
import type { ImageReport } from '../report.js';

/** The octets that ModelHost sends in place of a libxl stream. */
export const MODEL_STREAM = new TextEncoder().encode('a domain, complete');

/** Number of pages of a domain of 1 MiB. */
const MODEL_PAGES = 256;

interface ModelDomain {
  name: string;
  ownership: Ownership;
  paused: boolean;
  suspended: boolean;
  crashed: boolean;
  logDirty: boolean;
  sentTo: string | undefined;
}

/**
 * A host whose domains consist of their states only: it shows what a toolstack does with it, and in what
 * order. Any operation can be made to fail.
 */
export class ModelHost implements Host {
  /** The calls in order, such as "sendAway 1 busy--migratedaway". */
  readonly calls: string[] = [];
  /** Errors by the operation that throws them, at its start; `suspend` is one, inside `saveTo`. */
  readonly failing = new Map<string, Error>();
  /** Actions of others that happen once, just before the operation of that name. */
  readonly before = new Map<string, () => void>();
  /** Actions of others that happen once, just after the operation of that name. */
  readonly after = new Map<string, () => void>();
  /** Called inside `saveTo` once the domain is suspended. */
  whenSuspended: () => void = () => undefined;
  /** The pfns that the domains have written since their log was read last. */
  readonly written = new Set<number>();
  readonly arrivals = new ModelArrivals();
  /** The features of mig's extension that its domains and itself have. */
  features: ExtensionFeatures = new Set();
  /** The features that the last `saveTo` could use when it wrote, or that the last `restoreFrom` was given. */
  usable: ExtensionFeatures | undefined;
  readonly #domains = new Map<number, ModelDomain>();
  #next = 1;

  /** Adds a domain that runs. @returns its domid */
  add(name: string): number {
    this.#domains.set(this.#next, {
      name,
      ownership: { standing: 'free', epoch: 0 },
      paused: false,
      suspended: false,
      crashed: false,
      logDirty: false,
      sentTo: undefined,
    });
    return this.#next++;
  }

  /** Makes the domain crash: it no longer answers. */
  crash(domid: number): void {
    Object.assign(this.#domain(domid), { suspended: false, crashed: true });
  }

  /** Makes the domain end by itself. */
  vanish(domid: number): void {
    this.#domains.delete(domid);
  }

  /** Resumes the domain without asking its owner, as stock commands do on Xen. */
  resumeBehind(domid: number): void {
    const domain = this.#domain(domid);
    const { epoch } = domain.ownership;
    Object.assign(domain, { suspended: false, ownership: { standing: 'taken', epoch: epoch + 1 } });
  }

  /** The names of the running domains. */
  get running(): string[] {
    return [...this.#domains.values()]
      .filter((d) => !d.paused && !d.suspended && !d.crashed)
      .map((d) => d.name);
  }

  info(): HostInfo {
    return {
      hypervisor: 'model',
      version: '1',
      whyNoLogDirty: undefined,
      assumedSuspendCost: 0,
      stateFolder: '/nonexistent',
      details: {},
    };
  }

  list(): DomainInfo[] {
    return [...this.#domains.keys()].map((domid) => this.describe(domid));
  }

  find(nameOrDomid: string): DomainInfo | undefined {
    return this.list().find((domain) => isMeant(domain, nameOrDomid));
  }

  describe(domid: number): DomainInfo {
    const { name, paused, suspended, crashed, logDirty, sentTo, ownership } = this.#domain(domid);
    const state = { paused, suspended, crashed };
    const sent = sentTo === undefined ? {} : { sentTo };
    return {
      domid,
      name,
      uuid: '',
      memory: 1,
      vcpus: 1,
      state,
      cpuSeconds: 0,
      logDirty,
      ...ownership,
      ...sent,
    };
  }

  configuration(domid: number): string {
    return JSON.stringify({ c_info: { name: this.#domain(domid).name } });
  }

  /** Finds no objection: the configurations hold nothing but a name. */
  misfit(): undefined {
    return undefined;
  }

  rename(domid: number, name: string, epoch?: number): void {
    this.#call(['rename', domid, name], () => {
      checkName(name, domid);
      this.#command(domid, 'rename', epoch);
      this.#checkName(name, domid);
      this.#domain(domid).name = name;
    });
  }

  pause(domid: number, epoch?: number): void {
    this.#call(['pause', domid], () => {
      this.#command(domid, 'pause', epoch);
      this.#domain(domid).paused = true;
    });
  }

  unpause(domid: number, epoch?: number): void {
    this.#call(['unpause', domid], () => {
      this.#command(domid, 'unpause', epoch);
      this.#domain(domid).paused = false;
    });
  }

  resume(domid: number, { epoch, force = false }: ResumeOptions = {}): void {
    this.#call(['resume', domid], () => {
      this.#command(domid, force ? 'resume --force' : 'resume', epoch);
      this.#domain(domid).suspended = false;
    });
  }

  destroy(domid: number, epoch?: number): void {
    this.#call(['destroy', domid], () => {
      this.#command(domid, 'destroy', epoch);
      this.#domains.delete(domid);
    });
  }

  take(domid: number, { epoch }: Partial<Purpose> = {}): OutgoingDomain {
    this.#command(domid, 'migrate', epoch);
    const info = this.describe(domid);
    /** The epoch of the holder's own suspend, once the domain is suspended. */
    let seen: number | undefined;
    let released = false;
    const act = (what: HolderAct) => {
      this.#hold(domid, what, seen);
      seen = this.#domain(domid).ownership.epoch;
    };
    return {
      info,
      configuration: this.configuration(domid),
      features: this.features,
      saveTo: (output, options) =>
        this.#call(['saveTo', domid], () => this.#save(domid, output, options, () => act('suspend'))),
      sendAway: (name, sentTo) => {
        this.#call(['sendAway', domid, name], () => {
          this.#checkName(name, domid);
          act('send-away');
          Object.assign(this.#domain(domid), { name, sentTo });
        });
      },
      resume: ({ paused = false } = {}) => {
        this.#call(['resume', domid], () => {
          const domain = this.#domain(domid);
          act(domain.ownership.standing === 'sent' ? 'take-back' : 'resume');
          Object.assign(domain, { suspended: false, paused: domain.paused || paused, sentTo: undefined });
          this.#checkName(info.name, domid);
          domain.name = info.name;
        });
      },
      destroy: () => {
        this.#call(['destroy', domid], () => {
          this.#hold(domid, 'destroy', seen);
          this.#domains.delete(domid);
        });
      },
      release: () => {
        if (!released && this.#domains.has(domid)) this.#hold(domid, 'release', undefined);
        released = true;
      },
    };
  }

  #save(domid: number, output: OctetSink, options: SaveOptions, suspend: () => void): ImageReport {
    const precopyEnd = { code: 'model', sentence: 'a model has no passes' };
    options.onEvent?.({ kind: 'precopy-ended', reason: precopyEnd });
    this.#call(['suspend', domid], suspend);
    this.#domain(domid).suspended = true;
    options.onEvent?.({ kind: 'suspended' });
    this.whenSuspended();
    this.usable = options.features?.();
    output.write(MODEL_STREAM);
    return {
      passes: [],
      precopyEnd,
      octets: MODEL_STREAM.length,
      milliseconds: 0,
      suspendRequestedAt: performance.now(),
      suspendMilliseconds: 0,
      lineRate: undefined,
    };
  }

  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    return this.#call(['withDirtyLog', domid], () => {
      const domain = this.#domain(domid);
      if (domain.suspended || domain.crashed || domain.logDirty) {
        throw new HostError('wrong-state', 'it does not run, or is being migrated', { domid });
      }
      domain.logDirty = true;
      try {
        return use({ pageCount: MODEL_PAGES, cleanLogDirty: (bitmap) => this.#clean(bitmap) });
      } finally {
        domain.logDirty = false;
      }
    });
  }

  #clean(bitmap: Uint32Array): number {
    const count = this.written.size;
    for (const pfn of this.written) setBit(bitmap, pfn);
    this.written.clear();
    return count;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port's
  async checkDeparture(domid: number): Promise<Departure> {
    const domain = this.describe(domid);
    return {
      checks: [checkDomain(domain, { movesPaused: true }), checkAwayName(domain, this.list())],
      question: { configuration: this.configuration(domid) },
    };
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port's
  async checkArrival({ configuration }: PreflightQuestion): Promise<Check[]> {
    const { name } = (JSON.parse(configuration) as { c_info: { name: string } }).c_info;
    return [
      this.find(name) === undefined ? passed('name', `${name} is free`) : failed('name', `${name} is here`),
    ];
  }

  restoreFrom(input: OctetSource, { name, features }: RestoreOptions): IncomingDomain {
    return this.#call(['restoreFrom', name], () => {
      this.usable = features;
      checkName(name);
      input.read(MODEL_STREAM.length);
      const domid = this.add(name);
      Object.assign(this.#domain(domid), { paused: true, ownership: { standing: 'incoming', epoch: 0 } });
      return this.#incoming(domid);
    });
  }

  #incoming(domid: number): IncomingDomain {
    let released = false;
    return {
      domid,
      wasPaused: false,
      start: (name, { paused = false } = {}) => {
        this.#call(['start', domid, name], () => {
          this.#checkName(name, domid);
          this.#hold(domid, 'start', undefined);
          Object.assign(this.#domain(domid), { name, paused });
        });
      },
      destroy: () => {
        this.#call(['destroy', domid], () => {
          this.#hold(domid, 'destroy', undefined);
          this.#domains.delete(domid);
        });
      },
      release: () => {
        if (!released) this.#hold(domid, 'release', undefined);
        released = true;
      },
    };
  }

  #checkName(name: string, domid: number): void {
    const other = this.list().find((domain) => domain.name === name);
    if (other === undefined || other.domid === domid) return;
    throw new HostError('name-taken', `${name} exists`, { domid });
  }

  #command(domid: number, command: DomainCommand, epoch?: number): void {
    this.#settle(domid, command, judgeCommand(this.#domain(domid).ownership, command, epoch));
  }

  #hold(domid: number, act: HolderAct, seen: number | undefined): void {
    this.#settle(domid, act, judgeHolder(this.#domain(domid).ownership, act, seen));
  }

  #settle(domid: number, what: string, verdict: OwnerVerdict): void {
    if (!verdict.allowed)
      throw new HostError(refusalCodes[verdict.why], `${what}: ${verdict.why}`, { domid });
    const domain = this.#domain(domid);
    if (verdict.next !== 'gone') domain.ownership = verdict.next;
  }

  #call<T>(words: readonly [string, ...(string | number)[]], action: () => T): T {
    const [operation] = words;
    if (operation !== 'suspend') this.calls.push(words.join(' '));
    once(this.before, operation);
    const error = this.failing.get(operation);
    if (error !== undefined) throw error;
    const result = action();
    once(this.after, operation);
    return result;
  }

  #domain(domid: number): ModelDomain {
    const domain = this.#domains.get(domid);
    if (domain === undefined) throw new HostError('no-such-domain', `no domain ${domid}`, { domid });
    return domain;
  }
}

function once(hooks: Map<string, () => void>, operation: string): void {
  const hook = hooks.get(operation);
  hooks.delete(operation);
  hook?.();
}
