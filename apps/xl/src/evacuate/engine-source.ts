/** The last run of a host at an engine, as anybody sees it who reaches that server. */
import type { FleetHost } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../host/context.js';
import { Failure } from '../output/failure.js';
import type { OrderAnswer } from '../run-page/server.js';
import { ordersOf } from '../run-page/view-of.js';
import type { PageOrder } from '../run-page/view.js';
import type { Engine } from './bullmq.js';
import { evacuationOf, lastAtEngine, UNREADABLE } from './engine.js';
import { lookAt, type Silence } from './inventory.js';
import { type Evacuation, Journal } from './journal.js';
import { asItIs, done, refused, type RunSource, type SeenEvacuation } from './run-source.js';
import { type Statuses, statusesOf } from './statuses.js';

/** Milliseconds for an engine to answer, before the page says that it does not. */
const TIMEOUT = 10_000;

export class EngineSource implements RunSource {
  readonly keeper = 'worker';

  private constructor(
    private readonly context: Context,
    private readonly engine: Engine,
    /** The name of the host at the engine. */
    private readonly name: string,
    private readonly sshCommand: string,
    /** The host of this process, which may be the one of the run. */
    private readonly here: Host | undefined,
  ) {}

  static async open(
    context: Context,
    engine: Engine,
    name: string,
    sshCommand: string,
  ): Promise<EngineSource> {
    // Whoever has no rights to a hypervisor here looks from elsewhere.
    const here = await context.openHost().catch(() => undefined);
    return new EngineSource(context, engine, name, sshCommand, here);
  }

  look(): Promise<SeenEvacuation> {
    return this.#inTime(() => lookAtEngine(this.engine, this.name, this.sshCommand));
  }

  /** Returns the statuses of the run's migrations; none elsewhere than at its host, which alone knows them. */
  async statuses({ evacuation }: SeenEvacuation): Promise<Statuses> {
    return this.#isHere(evacuation) ? statusesOf(this.context, this.here!) : new Map<string, never>();
  }

  async lookAt(name: string, evacuation: Evacuation): Promise<FleetHost | Silence> {
    if (name !== evacuation.name || !this.#isHere(evacuation)) return lookAt(this.sshCommand, name);
    const { lookAtOwn } = await import('./journal-source.js');
    return lookAtOwn(this.here!, name);
  }

  async obey(id: string, order: PageOrder): Promise<OrderAnswer> {
    try {
      return await this.#inTime(() => this.#obey(id, order));
    } catch (error) {
      const isUnknown = error instanceof LateError;
      return refused(
        isUnknown
          ? 'The engine does not answer: it may take the order once it does.'
          : `The order was not given: ${(error as Error).message}.`,
      );
    }
  }

  async #obey(id: string, order: PageOrder): Promise<OrderAnswer> {
    const { evacuation, wanted, isControlled } = await lookAtEngine(this.engine, this.name, this.sshCommand);
    const { run, ended } = evacuation;
    if (run.id !== id) return refused(`Another run has begun since: ${run.id}.`);
    if (ended !== undefined) return refused('The run is over.');
    // A second viewer, or a double press, may order what the page does not offer any more.
    if (!ordersOf({ ended, isControlled, wanted }).includes(order)) return refused(asItIs[wanted]);
    const end = await this.engine.want(this.name, id, order);
    if (end === 'is-aborted') return refused(asItIs.abort);
    if (end === 'no-run') return refused(`The engine has lost run ${id}.`);
    const until = isControlled ? '' : ` Once a worker of ${this.name} is there.`;
    return { isTaken: true, message: `${done[order]}${until}` };
  }

  /** Tells whether a worker of this host has had jobs of a run: what its migrations print is here then. */
  #isHere({ run, name }: Evacuation): boolean {
    if (this.here === undefined) return false;
    const journal = new Journal(this.here.info().stateFolder);
    if (!existsSync(join(journal.folder, run.id))) return false;
    const known = journal.read(run.id);
    return known === undefined || (known.atEngine === true && known.name === name);
  }

  /** Asks an engine, and waits for as long as a page may wait. One that is lost is not asked: it would be asked once it is there again. */
  async #inTime<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.engine.isConnected) throw new Failure(LOST);
    const answer = ask();
    const timer = new AbortController();
    try {
      return await Promise.race([
        answer,
        setTimeout(TIMEOUT, undefined, { signal: timer.signal }).then(() => {
          throw new LateError();
        }),
      ]);
    } finally {
      timer.abort();
      // Nobody waits for it any more.
      answer.catch(() => undefined);
    }
  }
}

const LOST = 'the engine does not answer, and is waited for; migrations that run go on';

/** An engine that was asked, and has not answered: it may do all the same what it was asked for. */
class LateError extends Failure {
  constructor() {
    super(LOST);
  }
}

/** Looks at the last run of a host at an engine. @throws Failure if there is none */
export async function lookAtEngine(
  engine: Engine,
  name: string,
  sshCommand: string,
): Promise<SeenEvacuation> {
  const { stored, ended, isUnreadable } = await lastAtEngine(engine, name);
  const wanted = (await engine.wanted(name, stored.run.id)) ?? 'go';
  // A server that does not tell who is connected may have a worker.
  const isControlled = (await engine.hasWorker(name)) !== false;
  return {
    evacuation: { ...evacuationOf(stored, sshCommand), ended },
    wanted,
    isControlled,
    note: isUnreadable ? UNREADABLE : undefined,
  };
}
