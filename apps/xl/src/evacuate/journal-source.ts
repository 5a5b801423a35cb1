/** The last run of this host, from its journal. */
import { spawn } from 'node:child_process';
import type { FleetHost } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import type { Context } from '../host/context.js';
import { Failure } from '../output/failure.js';
import type { OrderAnswer } from '../run-page/server.js';
import { ordersOf } from '../run-page/view-of.js';
import type { PageOrder } from '../run-page/view.js';
import { OWN } from './attempts.js';
import { lookAt, lookHere, type Silence } from './inventory.js';
import { type Evacuation, Journal } from './journal.js';
import { answerOf, HEARD } from './remote.js';
import { asItIs, done, refused, type RunSource, type SeenEvacuation } from './run-source.js';
import { lastOf } from './status.js';
import { type Statuses, statusesOf } from './statuses.js';

/** Time for this host to tell its memory, or to take an order, in milliseconds. */
const TIMEOUT = 60_000;

export class JournalSource implements RunSource {
  readonly keeper = 'controller';
  readonly journal: Journal;

  private constructor(
    private readonly context: Context,
    private readonly host: Host,
  ) {
    this.journal = new Journal(host.info().stateFolder);
  }

  static async open(context: Context): Promise<JournalSource> {
    return new JournalSource(context, await context.openHost());
  }

  look(): Promise<SeenEvacuation> {
    const { journal } = this;
    // The controller first: one that ends meanwhile has then written down the end of its run.
    const isControlled = journal.controller() !== undefined;
    const evacuation = lastOf(journal);
    return Promise.resolve({ evacuation, wanted: journal.wanted(evacuation.run.id), isControlled });
  }

  statuses(): Promise<Statuses> {
    return statusesOf(this.context, this.host);
  }

  lookAt(name: string, { name: own, sshCommand }: Evacuation): Promise<FleetHost | Silence> {
    return name === own ? lookAtOwn(this.host, own) : lookAt(sshCommand, name);
  }

  obey(id: string, order: PageOrder): Promise<OrderAnswer> {
    return obey(this.journal, id, order);
  }
}

/** Looks at this host, whose memory its own `xl info` tells. */
export async function lookAtOwn(host: Host, name: string): Promise<FleetHost | Silence> {
  const { stdout, words } = await answerOf(spawn(process.execPath, [...OWN, 'info'], HEARD), TIMEOUT);
  const field = (key: string) => Number(new RegExp(`^${key} *: (.*)$`, 'm').exec(stdout)?.[1] ?? NaN);
  const { source } = lookHere(host, name);
  const look = { ...source, totalMemory: field('total_memory'), freeMemory: field('free_memory') };
  return Number.isNaN(look.freeMemory) ? { why: `its memory is unknown${words && `: ${words}`}` } : look;
}

/** Carries out an order for a run, as `evacuate-pause`, `evacuate-continue` and `evacuate-abort` do. */
export async function obey(journal: Journal, id: string, order: PageOrder): Promise<OrderAnswer> {
  const isControlled = journal.controller() !== undefined;
  const { run, ended } = lastOf(journal);
  if (run.id !== id) return refused(`Another run has begun since: ${run.id}.`);
  if (ended !== undefined) return refused('The run is over.');
  try {
    const wanted = journal.wanted(id);
    // A second viewer, or a double press, may order what the page does not offer any more.
    if (!ordersOf({ ended, isControlled, wanted }).includes(order)) return refused(asItIs[wanted]);
    journal.want(id, order);
  } catch (error) {
    if (error instanceof Failure) return refused(asItIs.abort);
    return refused(`The order cannot be written down: ${(error as Error).message}.`);
  }
  if (order !== 'abort' || journal.controller() !== undefined) return { isTaken: true, message: done[order] };
  // Nobody is at work who would end it.
  const child = spawn(process.execPath, [...OWN, 'evacuate-abort'], HEARD);
  const { status, words } = await answerOf(child, TIMEOUT);
  return status === 0
    ? { isTaken: true, message: done.abort }
    : refused(words || 'The run could not be aborted.');
}
