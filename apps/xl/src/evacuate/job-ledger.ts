/** The ledger of a worker: each domain is written to its job, before what that says is done. */
import { figuresOf } from '@mig/fleet';
import { setTimeout } from 'node:timers/promises';
import type { Engine, HostJobs } from './bullmq.js';
import type { Controller, Ledger } from './controller.js';
import type { Journal, Wanted } from './journal.js';

/** Milliseconds between two looks for an operator's order. */
const PERIOD = 500;

export class JobLedger implements Ledger {
  #controller: Controller | undefined;
  #wanted: Wanted = 'go';
  #writes = Promise.resolve();

  constructor(
    private readonly engine: Engine,
    private readonly jobs: HostJobs,
    private readonly journal: Journal,
    private readonly of: { readonly host: string; readonly id: string },
  ) {}

  /** Begins to heed orders, which are known once this returns. */
  async open(controller: Controller): Promise<void> {
    this.#controller = controller;
    await this.#look();
    void this.#watch();
  }

  close(): void {
    this.#controller = undefined;
  }

  prepare(id: string): string {
    return this.journal.prepare(id);
  }

  wanted(): Wanted {
    return this.#wanted;
  }

  write(): Promise<void> {
    return (this.#writes = this.#writes.then(() => this.#store()));
  }

  /** Writes what a job that has come may not have; whatever fails, the next write fails of it. */
  writeSoon(): void {
    this.write().catch(() => undefined);
  }

  /** Writes the domains as they are by now, one after another. */
  async #store(): Promise<void> {
    const controller = this.#controller;
    if (controller === undefined) return;
    const { evacuation } = controller;
    const { run } = evacuation;
    for (const domain of run.domains) {
      const { uuid, state } = domain;
      const isHeld = await this.jobs.store(run.id, domain, figuresOf(evacuation, uuid));
      // It comes again when it is due; one whose job another holds is for that one to move.
      if (!isHeld && (state === 'waiting' || state === 'moving')) controller.drop(uuid);
    }
  }

  async #look(): Promise<void> {
    const { host, id } = this.of;
    const wanted = await this.engine.wanted(host, id, this.#wanted);
    if (wanted === undefined) await this.#letGo();
    else this.#wanted = wanted;
  }

  /** Begins nothing more of a run that the server has lost: if it is put there again, its jobs come again. */
  async #letGo(): Promise<void> {
    const { id, domains } = this.#controller?.evacuation.run ?? { id: '', domains: [] };
    for (const { uuid, state } of domains) {
      if (state !== 'waiting') continue;
      this.#controller?.drop(uuid);
      await this.jobs.putBack(id, uuid);
    }
  }

  async #watch(): Promise<void> {
    while (this.#controller !== undefined) {
      await setTimeout(PERIOD);
      try {
        await this.#look();
      } catch {
        // A server may refuse one look, as a busy one does: it is asked again until the ledger is closed.
      }
    }
  }
}
