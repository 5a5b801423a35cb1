/** `xl evacuate-worker`: does the jobs of this host, with the controller that an evacuation without an engine has. */
import { isFinal, type RunFigures } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../host/context.js';
import { heedSignals, signalWords } from '../output/signals.js';
import type { DomainJob, Engine, HostJobs, SeenRun } from './bullmq.js';
import { Controller } from './controller.js';
import { evacuationOf, nameAtEngine, noteConnection, withEngine } from './engine.js';
import { createDisplay, type Display } from './events.js';
import { JobLedger } from './job-ledger.js';
import { Journal } from './journal.js';
import { openAgain } from './run-cordon.js';

/** Milliseconds between two looks for what there is to do. */
const PERIOD = 500;

export interface WorkerOptions {
  readonly engine: string;
  readonly name?: string;
  readonly s: string;
}

export async function evacuateWorker(context: Context, options: WorkerOptions): Promise<void> {
  const host = await context.openHost();
  context.neverWait();
  let worker: HostWorker | undefined;
  const display = createDisplay(context, false, () => worker?.figures ?? { downtimes: {} });
  await withEngine(options.engine, async (engine) => {
    noteConnection(engine, display);
    worker = new HostWorker({ context, host, display }, engine, nameAtEngine(options), options.s);
    await worker.work();
  });
}

interface WorkerParts {
  readonly context: Context;
  readonly host: Host;
  readonly display: Display;
}

class HostWorker {
  readonly #journal: Journal;
  readonly #jobs: HostJobs;
  readonly #stopped = new AbortController();
  /** Jobs in hand that the controller does not have yet. */
  #arrivals: DomainJob[] = [];
  #controller: Controller | undefined;
  #ledger: JobLedger | undefined;
  #said: string | undefined;

  constructor(
    private readonly parts: WorkerParts,
    private readonly engine: Engine,
    private readonly name: string,
    private readonly sshCommand: string,
  ) {
    this.#journal = new Journal(parts.host.info().stateFolder);
    this.#jobs = engine.work(name, (job) => this.#take(job));
  }

  get figures(): RunFigures {
    return this.#controller?.evacuation ?? { downtimes: {} };
  }

  /** Works until a signal ends it. While jobs are in hand, signals mean what they mean without an engine. */
  async work(): Promise<void> {
    const endHeed = heedSignals((signal) => {
      this.parts.display.note(`The worker is ${signalWords[signal]}.`);
      this.#stop();
    });
    this.parts.display.note(`The worker of ${this.name} is ready.`);
    try {
      while (!this.#stopped.signal.aborted) {
        const [first] = this.#arrivals;
        if (first === undefined || !(await this.#workOn(first.run))) await this.#pause();
      }
    } catch (error) {
      // The connection was closed, to end what waited for it.
      if (!this.#stopped.signal.aborted) throw error;
    } finally {
      endHeed();
      this.#journal.close();
      await this.#jobs.close();
    }
  }

  #take(job: DomainJob): void {
    if (this.#controller?.evacuation.run.id !== job.run) {
      this.#arrivals.push(job);
      return;
    }
    this.#controller.add(job.domain);
    this.#ledger?.writeSoon();
  }

  /** Works on a run for as long as jobs of it are in hand. @returns false if that cannot be now */
  async #workOn(id: string): Promise<boolean> {
    if (!this.#journal.lock())
      return this.#wait('Another controller is at work at this host: it is waited for.');
    try {
      const seen = await this.#read(id);
      if (seen === undefined || 'why' in seen) {
        // Others may have taken its place.
        for (const { domain } of this.#takeArrivals(id)) await this.#jobs.putBack(id, domain.uuid);
        const why =
          seen === undefined ? `The engine has lost run ${id}` : `Run ${id} is damaged: ${seen.why}`;
        return this.#wait(`${why}: its jobs are put back.`);
      }
      this.#said = undefined;
      const { stored } = seen;
      const ledger = new JobLedger(this.engine, this.#jobs, this.#journal, { host: this.name, id });
      const begun = evacuationOf(stored, this.sshCommand);
      const controller = new Controller(
        { ...this.parts, ledger },
        { ...begun, run: { ...stored.run, domains: [] } },
      );
      await ledger.open(controller);
      this.#controller = controller;
      this.#ledger = ledger;
      for (const { domain } of this.#takeArrivals(id)) controller.add(domain);
      ledger.writeSoon();
      await this.#control(controller, ledger);
      if (!this.#stopped.signal.aborted) await this.#endRun(id, ledger);
      return true;
    } finally {
      this.#journal.close();
    }
  }

  /** Reads a run; one that cannot be read keeps no other waiting. */
  async #read(id: string): Promise<SeenRun | { readonly why: string } | undefined> {
    const { EngineError } = await import('./bullmq.js');
    try {
      return await this.engine.read(this.name, id);
    } catch (error) {
      if (error instanceof EngineError && error.code === 'malformed') return { why: error.message };
      throw error;
    }
  }

  #takeArrivals(id: string): DomainJob[] {
    const taken = this.#arrivals.filter(({ run }) => run === id);
    this.#arrivals = this.#arrivals.filter(({ run }) => run !== id);
    return taken;
  }

  async #control(controller: Controller, ledger: JobLedger): Promise<void> {
    // Whoever is told to stop waits for no server.
    const guard = setInterval(() => {
      if (controller.isStopping && !this.engine.isConnected) this.#stop();
    }, PERIOD);
    try {
      await controller.control();
    } finally {
      clearInterval(guard);
      this.#controller = undefined;
      this.#ledger = undefined;
      ledger.close();
    }
    if (controller.isStopping) return this.#stop();
    // What came as it ended is for the next one.
    const { id, domains } = controller.evacuation.run;
    const late = domains.filter(({ state }) => !isFinal(state));
    this.#arrivals.push(...late.map((domain) => ({ schema: 1, run: id, domain }) as const));
  }

  /** Leaves this host as an evacuation without an engine would, once no domain of a run is left. */
  async #endRun(id: string, ledger: JobLedger): Promise<void> {
    const seen = await this.#read(id);
    if (seen === undefined || 'why' in seen || !seen.isOver) return;
    // Whoever brings the domains back asks the journal of this host where they are.
    const ended = seen.ended ?? Date.now();
    if (!this.#journal.writeOfEngine({ ...evacuationOf(seen.stored, this.sshCommand), ended })) {
      this.parts.display.note(`Run ${id} is not written down here: this host has another run of that name.`);
      return;
    }
    if (seen.stored.cordoned && ledger.wanted() === 'abort') openAgain(this.parts.host, id);
  }

  #wait(why: string): false {
    if (this.#said !== why) this.parts.display.note(why);
    this.#said = why;
    return false;
  }

  #stop(): void {
    this.#stopped.abort();
    // What waits for the server ends now.
    void this.engine.close();
  }

  async #pause(): Promise<void> {
    await setTimeout(PERIOD, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
  }
}
