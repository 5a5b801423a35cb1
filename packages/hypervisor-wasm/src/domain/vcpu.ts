import { HostError } from '@mig/hypervisor';
import { Worker } from 'node:worker_threads';
import { codeOf } from '../error-code.js';
import type { Globals } from '../vcpu-context.js';
import type { VcpuGuest, VcpuMessage, VcpuStart } from './vcpu-messages.js';

/**
 * A vCPU, seen from the thread that controls it. Its own thread starts at once, before there is a guest: so
 * nobody waits for that of an incoming domain while the domain stands still.
 */
export class Vcpu {
  readonly #worker: Worker;
  readonly #command = new Int32Array(new SharedArrayBuffer(4));
  #stoppedAt = -1;
  #globals: Globals = {};
  #crash: string | undefined;
  #onCrash: (() => void) | undefined;
  /** Functions called after every message, which look for their condition. */
  readonly #watchers = new Set<() => void>();

  /** @throws HostError unavailable where no thread can be started */
  constructor() {
    this.#worker = startThread({ command: this.#command });
    const crash = (message: string): void => {
      if (this.#crash !== undefined) return;
      this.#crash = message;
      this.#onCrash?.();
      this.#notify();
    };
    this.#worker.on('message', (message: VcpuMessage) => {
      if (message.kind === 'crashed') return crash(message.message);
      if (message.kind === 'stopped') {
        this.#stoppedAt = message.command;
        this.#globals = message.globals;
      }
      this.#notify();
    });
    this.#worker.on('error', (error: Error) => crash(error.message));
    this.#worker.on('exit', () => crash('its thread ended'));
  }

  /** Calls `listener` once the guest has crashed; at once if it already has. */
  onCrash(listener: () => void): void {
    this.#onCrash = listener;
    if (this.#crash !== undefined) listener();
  }

  /**
   * Starts a guest, or restores one, which then stands still. Memory is touched only until this resolves:
   * the guest runs after `go`.
   * @throws HostError bad-guest where it crashes at once
   */
  async load(guest: VcpuGuest): Promise<void> {
    this.#worker.postMessage(guest);
    await this.#until(() => this.#stoppedAt === 0 || this.#crash !== undefined, Infinity);
    if (this.#crash !== undefined)
      throw new HostError('bad-guest', `the guest does not start: ${this.#crash}`);
  }

  /** The globals that the guest stopped with. */
  get globals(): Globals {
    return this.#globals;
  }

  go(): void {
    this.#next();
  }

  /**
   * Resolves once the guest stands still between two quanta.
   * @param unwanted aborted when the result is not waited for any more
   * @returns false if the guest does not stop in time; it then keeps running
   */
  async stop(milliseconds: number, unwanted?: AbortSignal): Promise<boolean> {
    const command = this.#next();
    const stopped = () => this.#stoppedAt === command;
    const look = () => this.#notify();
    unwanted?.addEventListener('abort', look);
    await this.#until(
      () => stopped() || this.#crash !== undefined || unwanted?.aborted === true,
      milliseconds,
    );
    unwanted?.removeEventListener('abort', look);
    if (!stopped() && this.#crash === undefined) this.#next();
    return stopped();
  }

  #next(): number {
    const command = Atomics.add(this.#command, 0, 1) + 1;
    Atomics.notify(this.#command, 0);
    return command;
  }

  #until(condition: () => boolean, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#watchers.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const look = (): void => {
        if (condition()) finish();
      };
      const timer = milliseconds === Infinity ? undefined : setTimeout(finish, milliseconds);
      this.#watchers.add(look);
      look();
    });
  }

  #notify(): void {
    for (const look of [...this.#watchers]) look();
  }
}

function startThread(start: VcpuStart): Worker {
  try {
    return new Worker(new URL('../vcpu-thread.cjs', import.meta.url), { workerData: start });
  } catch (error) {
    const message = `no thread can be started for the vCPU (${codeOf(error)}): see ulimit -u`;
    throw new HostError('unavailable', message, { cause: error });
  }
}
