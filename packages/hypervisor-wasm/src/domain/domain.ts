/** A domain inside its own process: RAM, vCPU, log of written pages. Requests change it one at a time. */
import { type DomainState, HostError } from '@mig/hypervisor';
import { PosixError, WriteLog } from '@mig/posix';
import type { ControlState } from '../control/control-messages.js';
import { domainFiles } from '../domain-files.js';
import { type Guest, inspectGuest } from '../guest/inspect.js';
import { decodeVcpuContext, encodeVcpuContext, type VcpuContext } from '../vcpu-context.js';
import type { OwnerState } from './owner.js';
import { type Ram, writeBootPage } from './ram.js';
import { Vcpu } from './vcpu.js';
import type { VcpuGuest } from './vcpu-messages.js';
import { after, CREATED, runs, transitions, type VcpuEvent } from './vcpu-state.js';

/** Longest time of a quantum (usually about 1 ms) if the toolstack sets no limit, in milliseconds. */
const LONGEST_QUANTUM = 10_000;

export class Domain {
  #state: DomainState = CREATED;
  #guest: Guest | undefined;
  #wasPaused = false;
  #log: WriteLog | undefined;
  #logWanted = false;

  /** Makes an incoming domain: it has RAM, and waits for the rest. */
  constructor(
    readonly ram: Ram,
    private readonly vcpu = new Vcpu(),
  ) {
    vcpu.onCrash(() => {
      this.#state = after(this.#state, 'crash')!;
    });
  }

  /** Creates a new domain, paused. */
  static async create(ram: Ram, module: Uint8Array, commandLine: string): Promise<Domain> {
    const domain = new Domain(ram);
    const guest = inspectGuest(module);
    domain.#checkMemory(guest);
    ram.plugIn();
    writeBootPage(ram, commandLine);
    await domain.#load({ module, restored: undefined });
    domain.#guest = guest;
    return domain;
  }

  /**
   * Gives an incoming domain its vCPU. Instantiating writes the module's static data to memory, which must
   * not overwrite the RAM that has arrived: so the RAM is plugged in only afterwards, and those writes are
   * gone.
   */
  async adopt(octets: Uint8Array): Promise<void> {
    if (!this.incoming) throw new HostError('wrong-state', 'the domain is not an incoming one');
    const { guest, globals, paused } = decodeVcpuContext(octets);
    this.#checkMemory(guest);
    await this.#load({ module: guest.module, restored: globals });
    this.ram.plugIn();
    this.#guest = guest;
    this.#wasPaused = paused;
  }

  #load(guest: Pick<VcpuGuest, 'module' | 'restored'>): Promise<void> {
    return this.vcpu.load({ ...guest, memory: this.ram.memory, console: domainFiles.console });
  }

  get incoming(): boolean {
    return this.#guest === undefined;
  }

  get state(): Omit<ControlState, keyof OwnerState> {
    const { user, system } = process.cpuUsage();
    return {
      ...this.#state,
      wasPaused: this.#wasPaused,
      logDirty: this.#logWanted,
      cpuSeconds: (user + system) / 1e6,
      ram: { descriptor: this.ram.descriptor, address: this.ram.address, length: this.ram.length },
    };
  }

  /**
   * Makes a change; resolves once the guest stands still, if it has to.
   * @param unwanted aborted when the result is not waited for any more
   */
  async change(
    event: Exclude<VcpuEvent, 'crash'>,
    milliseconds = LONGEST_QUANTUM,
    unwanted?: AbortSignal,
  ): Promise<void> {
    this.#complete();
    const next = after(this.#state, event) ?? refuse(event);
    if (runs(this.#state) && !runs(next) && !(await this.vcpu.stop(milliseconds, unwanted))) {
      if (this.#state.crashed) refuse(event);
      const seconds = milliseconds / 1000;
      throw new HostError('suspend-refused', `the guest did not finish its quantum within ${seconds} s`);
    }
    // The guest may have crashed in between.
    const before = this.#state;
    this.#state = after(before, event) ?? refuse(event);
    if (!runs(before) && runs(this.#state)) this.vcpu.go();
    this.#endUnwantedLog();
  }

  /**
   * Encodes the vCPU's state.
   * @throws HostError wrong-state where it is not suspended
   */
  context(): Uint8Array {
    const guest = this.#complete();
    if (!this.#state.suspended) throw new HostError('wrong-state', 'the guest is not suspended');
    const context: VcpuContext = { guest, globals: this.vcpu.globals, paused: this.#state.paused };
    return encodeVcpuContext(context);
  }

  startLog(): void {
    this.#complete();
    try {
      this.#log ??= new WriteLog(this.ram.address, this.ram.length);
      this.#logWanted = true;
    } catch (error) {
      if (!(error instanceof PosixError)) throw error;
      throw new HostError('not-live-migratable', `this kernel cannot log written pages: ${error.message}`);
    }
  }

  /**
   * Ends log-dirty mode; that of a suspended domain only when it runs on. Removing the protection takes
   * longer the more pages there are; nobody should wait for that while the domain stands still, and most
   * suspended domains never run on here.
   */
  endLog(): void {
    this.#logWanted = false;
    this.#endUnwantedLog();
  }

  #endUnwantedLog(): void {
    if (this.#logWanted || this.#state.suspended) return;
    this.#log?.close();
    this.#log = undefined;
  }

  #complete(): Guest {
    return this.#guest ?? fail('the domain has not arrived yet');
  }

  #checkMemory({ minimumMemory }: Guest): void {
    if (minimumMemory * 65536 <= this.ram.length) return;
    const least = Math.ceil(minimumMemory / 16);
    throw new HostError('bad-guest', `the guest needs at least ${least} MiB of memory`);
  }
}

function refuse(event: VcpuEvent): never {
  return fail(transitions[event].otherwise);
}

function fail(message: string): never {
  throw new HostError('wrong-state', message);
}
