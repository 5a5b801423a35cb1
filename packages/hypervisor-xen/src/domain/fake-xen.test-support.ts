/** A fake Xen host whose domains are only states, with its xenstore and libxl: replaces all three. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError, type HostErrorCode } from '@mig/hypervisor';
import { expect } from 'vitest';
import type { DomainFacts } from '../libxc/control.js';
import { DomainLedger } from './domain-ledger.js';
import { decodeRecord, type DomainRecord, encodeRecord, recordKey } from '../record/domain-record.js';
import { thisProcess } from '../record/holder.js';
import { HostLock } from './host-lock.js';
import { cpuMasks } from '../libxl/cpu-masks.js';
import type { LibxlDomain } from '../libxl/libxl.js';
import type { HelperListener, LibxlClient } from '../libxl/libxl-client.js';
import type { LibxlRequest } from '../libxl/libxl-messages.js';
import type { SaveHelper } from '../xen/saver-processes.js';
import type { XlSettings } from '../libxl/xl-settings.js';
import { XenDomains } from './xen-domains.js';

export interface FakeDomain {
  name: string;
  uuid: string;
  /** Number of pauses, as Xen counts them. */
  pauses: number;
  suspended: boolean;
  crashed: boolean;
  cpuNanoseconds: number;
  hvm: boolean;
  configuration: Record<string, unknown>;
}

export class FakeXen {
  readonly domains = new Map<number, FakeDomain>();
  readonly store = new Map<string, string>();
  readonly helpers: SaveHelper[] = [];
  /** Actions on domains, in order: "libxl resume 1", "xc pause 1". */
  readonly acts: string[] = [];
  /** Functions called before the action of that name. */
  readonly before = new Map<string, () => void>();
  /** The work of `libxl suspend` and `libxl restore`. */
  image: (request: LibxlRequest, listener: HelperListener | undefined) => unknown = () => undefined;
  /** Free memory in KiB. */
  freeMemory = 4 * 1024 * 1024;
  controlDomainMemory = 1024 * 1024;
  neededMemory = 96 * 1024;
  settings: XlSettings = {
    ...({ autoballoon: false, lockFile: '/nonexistent', domidPolicy: 'xen' } as const),
    cpuMasks: cpuMasks({ all: undefined, hvm: undefined, pv: undefined }, [0, 0]),
  };
  readonly folder = mkdtempSync(join(tmpdir(), 'mig-xen-'));

  add(domid: number, domain: Partial<FakeDomain> = {}): FakeDomain {
    const added: FakeDomain = {
      ...{ name: 'busy', uuid: `uuid-${domid}`, pauses: 0, suspended: false, crashed: false },
      ...{
        cpuNanoseconds: 5e9,
        hvm: true,
        configuration: { c_info: { name: 'busy' }, b_info: { target_memkb: 98304 } },
      },
      ...domain,
    };
    this.domains.set(domid, added);
    this.store.set(`/local/domain/${domid}/name`, added.name);
    return added;
  }

  get(domid: number): FakeDomain {
    return this.domains.get(domid)!;
  }

  runs(domid: number): boolean {
    const { pauses, suspended, crashed } = this.get(domid);
    return pauses === 0 && !suspended && !crashed;
  }

  /** Lets the guest run for a while, if nothing stops it. */
  goOn(domid: number): void {
    if (this.runs(domid)) this.get(domid).cpuNanoseconds += 1e6;
  }

  /** Suspends as a guest that was asked to. */
  suspend(domid: number): void {
    this.get(domid).suspended = true;
  }

  /** Resumes as a stock command does, without telling mig. */
  resumeByStock(domid: number): void {
    this.get(domid).suspended = false;
    this.goOn(domid);
  }

  unpauseByStock(domid: number): void {
    this.get(domid).pauses -= 1;
    this.goOn(domid);
  }

  renameByStock(domid: number, name: string): void {
    this.get(domid).name = name;
    this.store.set(`/local/domain/${domid}/name`, name);
  }

  record(domid: number): DomainRecord | undefined {
    const text = this.store.get(recordKey(domid));
    const record = text === undefined ? undefined : decodeRecord(text);
    return record === 'unreadable' ? undefined : record;
  }

  setRecord(domid: number, record: DomainRecord): void {
    this.store.set(recordKey(domid), encodeRecord(record));
  }

  /** Marks the process that holds the domain as gone. */
  killHolder(domid: number): void {
    const record = this.record(domid)!;
    const process = { ...thisProcess(), startTime: -1 };
    this.setRecord(domid, { ...record, hold: { ...record.hold!, process } });
  }

  readonly control = {
    describe: (domid: number): DomainFacts | undefined => {
      const domain = this.domains.get(domid);
      if (domain === undefined) return undefined;
      const { uuid, suspended, crashed, cpuNanoseconds, pauses, hvm } = domain;
      return {
        hvm,
        dying: false,
        uuid,
        suspended,
        crashed,
        paused: pauses > 0,
        cpuNanoseconds,
        pages: 1,
        vcpus: 1,
      };
    },
    pause: (domid: number) => {
      this.#act('xc pause', domid);
      this.get(domid).pauses += 1;
    },
    unpause: (domid: number) => {
      this.#act('xc unpause', domid);
      if (this.get(domid).pauses === 0) throw new Error('EINVAL: it is not paused');
      this.unpauseByStock(domid);
    },
    close: () => undefined,
  };

  readonly xenstore = {
    read: (path: string) => {
      this.before.get('store read')?.();
      return this.store.get(path);
    },
    write: (path: string, value: string) => {
      this.before.get('store write')?.();
      this.store.set(path, value);
    },
    remove: (path: string) => {
      this.store.delete(path);
    },
  };

  #act(what: string, domid: number): void {
    this.before.get(what)?.();
    this.acts.push(`${what} ${domid}`);
  }

  /** Answers as libxl's process. */
  ask = (request: LibxlRequest, listener?: HelperListener): unknown => {
    switch (request.kind) {
      case 'list':
        return [...this.domains.keys()].map((domid) => this.#describe(domid));
      case 'new-log':
        return `/var/log/xen/${request.name}.log`;
      case 'free-memory':
        return this.freeMemory;
      case 'control-domain-memory':
        return this.controlDomainMemory;
      case 'needed-memory':
        return this.neededMemory;
      case 'change-control-domain-target':
        this.acts.push(`libxl target ${request.by}`);
        this.freeMemory -= request.by;
        return (this.controlDomainMemory += request.by);
      case 'xl-settings':
        return this.settings;
      case 'describe':
        return this.#describe(request.domid);
      case 'configuration':
        return JSON.stringify(this.get(request.domid).configuration);
      case 'suspend':
      case 'restore':
        return this.image(request, listener);
      case 'rename':
      case 'resume':
      case 'pause':
      case 'unpause':
      case 'destroy':
      case 'stop-log-dirty':
        return this.#do(request);
    }
  };

  #do(request: LibxlRequest & { domid: number }): void {
    const { domid } = request;
    this.#act(`libxl ${request.kind}`, domid);
    const domain = this.get(domid);
    if (request.kind === 'rename') this.renameByStock(domid, request.name);
    if (request.kind === 'resume') {
      if (!domain.suspended) throw new HostError('unavailable', 'ERROR_INVAL', { domid });
      this.resumeByStock(domid);
    }
    if (request.kind === 'pause') domain.pauses += 1;
    if (request.kind === 'unpause') this.unpauseByStock(domid);
    if (request.kind === 'destroy') {
      this.domains.delete(domid);
      this.store.delete(recordKey(domid));
    }
  }

  #describe(domid: number): LibxlDomain | undefined {
    const domain = this.domains.get(domid);
    if (domain === undefined) return undefined;
    const { name, uuid, pauses, suspended, crashed, cpuNanoseconds } = domain;
    const state = { paused: pauses > 0, suspended, crashed, cpuNanoseconds };
    return { domid, name, uuid, memory: 98304, vcpus: 2, ...state, record: this.store.get(recordKey(domid)) };
  }

  /** Makes another mig process on this host. */
  mig(longestWait = 0): { ledger: DomainLedger; domains: XenDomains } {
    const client = { ask: this.ask, busy: false, ended: false } as unknown as LibxlClient;
    const ledger = new DomainLedger(this.control, this.xenstore, new HostLock(this.folder, longestWait));
    return { ledger, domains: new XenDomains(() => client) };
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export function refused(code: HostErrorCode, action: () => unknown): string {
  let error: unknown;
  try {
    action();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(HostError);
  expect((error as HostError).code).toBe(code);
  return (error as HostError).message;
}
