import type { Input, Output } from '@mig/posix';
import { HostError } from '../errors.js';
import type {
  DirtyLog,
  DomainInfo,
  Host,
  HostInfo,
  RenameOptions,
  RestoreOptions,
  SaveOptions,
} from '../host.js';
import type { ImageReport } from '../report.js';

/** What ModelHost sends in place of a libxl stream. */
export const MODEL_STREAM = new TextEncoder().encode('a domain, complete');

/** Those of a domain of 1 MiB. */
const MODEL_PAGES = 256;

interface ModelDomain {
  name: string;
  paused: boolean;
  suspended: boolean;
  crashed: boolean;
  logDirty: boolean;
  sentTo: string | undefined;
}

/**
 * A host whose domains are their states alone: to see what a toolstack does with it, and in what order. Any
 * operation can be made to fail.
 */
export class ModelHost implements Host {
  /** "rename 1 busy--migratedaway", in order. */
  readonly calls: string[] = [];
  /** Thrown by the operation of that name, at its start. */
  readonly failing = new Map<string, Error>();
  /** Called inside saveTo once the domain is suspended. */
  whenSuspended: () => void = () => undefined;
  /** What the domains have written since their log was read last. */
  readonly written = new Set<number>();
  readonly #domains = new Map<number, ModelDomain>();
  #next = 1;

  /** @returns the domid of a domain that runs */
  add(name: string): number {
    this.#domains.set(this.#next, {
      name,
      paused: false,
      suspended: false,
      crashed: false,
      logDirty: false,
      sentTo: undefined,
    });
    return this.#next++;
  }

  /** It no longer answers, whatever it is told. */
  crash(domid: number): void {
    Object.assign(this.#domain(domid), { suspended: false, crashed: true });
  }

  /** The names of the domains that run. */
  get running(): string[] {
    return [...this.#domains.values()]
      .filter((d) => !d.paused && !d.suspended && !d.crashed)
      .map((d) => d.name);
  }

  info(): HostInfo {
    return {
      hypervisor: 'model',
      version: '1',
      noLogDirty: undefined,
      stateFolder: '/nonexistent',
      details: {},
    };
  }

  list(): DomainInfo[] {
    return [...this.#domains.keys()].map((domid) => this.describe(domid));
  }

  find(nameOrDomid: string): DomainInfo | undefined {
    return this.list().find(({ name, domid }) => name === nameOrDomid || String(domid) === nameOrDomid);
  }

  describe(domid: number): DomainInfo {
    const { name, paused, suspended, crashed, logDirty, sentTo } = this.#domain(domid);
    const state = { paused, suspended, crashed };
    const sent = sentTo === undefined ? {} : { sentTo };
    return { domid, name, uuid: '', memory: 1, vcpus: 1, state, cpuSeconds: 0, logDirty, ...sent };
  }

  configuration(domid: number): string {
    return JSON.stringify({ c_info: { name: this.#domain(domid).name } });
  }

  rename(domid: number, name: string, { sentTo }: RenameOptions = {}): void {
    this.#call('rename', domid, name);
    if (this.find(name) !== undefined) throw new HostError('name-taken', `${name} exists`, { domid });
    Object.assign(this.#domain(domid), { name, sentTo });
  }

  pause(domid: number): void {
    this.#call('pause', domid);
    this.#domain(domid).paused = true;
  }

  unpause(domid: number): void {
    this.#call('unpause', domid);
    this.#domain(domid).paused = false;
  }

  resume(domid: number): void {
    this.#call('resume', domid);
    this.#domain(domid).suspended = false;
  }

  destroy(domid: number): void {
    this.#call('destroy', domid);
    this.#domains.delete(domid);
  }

  saveTo(domid: number, output: Output, options: SaveOptions): ImageReport {
    this.#call('saveTo', domid);
    const precopyEnd = { code: 'model', sentence: 'a model has no passes' };
    options.observer?.precopyEnded?.(precopyEnd);
    this.#domain(domid).suspended = true;
    options.observer?.suspended?.();
    this.whenSuspended();
    output.write(MODEL_STREAM);
    return {
      passes: [],
      precopyEnd,
      octets: MODEL_STREAM.length,
      milliseconds: 0,
      suspendRequestedAt: performance.now(),
      suspendMilliseconds: 0,
    };
  }

  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    this.#call('withDirtyLog', domid);
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
  }

  #clean(bitmap: Uint32Array): number {
    const count = this.written.size;
    for (const pfn of this.written) bitmap[pfn >>> 5]! |= 1 << (pfn & 31);
    this.written.clear();
    return count;
  }

  restoreFrom(input: Input, { name }: RestoreOptions): number {
    this.#call('restoreFrom', name);
    input.read(MODEL_STREAM.length);
    const domid = this.add(name);
    this.#domain(domid).paused = true;
    return domid;
  }

  #call(operation: string, ...parameters: (string | number)[]): void {
    this.calls.push([operation, ...parameters].join(' '));
    const error = this.failing.get(operation);
    if (error !== undefined) throw error;
  }

  #domain(domid: number): ModelDomain {
    const domain = this.#domains.get(domid);
    if (domain === undefined) throw new HostError('no-such-domain', `no domain ${domid}`, { domid });
    return domain;
  }
}
