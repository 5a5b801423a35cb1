/** `xl evacuate --engine`: plans a run, puts its jobs at the engine, and follows them. The worker of this host does them. */
import type { Host } from '@mig/hypervisor';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../output/failure.js';
import type { Engine } from './bullmq.js';
import { evacuationOf, nameAtEngine, storedRunOf, withEngine } from './engine.js';
import type { EvacuateOptions } from './evacuate-options.js';
import { follow, type FollowParts } from './follow.js';
import { goOnWith } from './go-on.js';
import type { Evacuation, Journal } from './journal.js';
import { newRun } from './new-run.js';
import { endingQuestions } from './remote.js';
import { closeFor } from './run-cordon.js';

/** Attempts to become the only one who begins a run, and the milliseconds between two. */
const ATTEMPTS = 50;
const PAUSE = 200;

interface Parts extends FollowParts {
  readonly host: Host;
  readonly journal: Journal;
}

export async function evacuateByEngine(
  parts: Parts,
  names: readonly string[],
  address: string,
  options: EvacuateOptions,
): Promise<void> {
  parts.context.neverWait();
  await withEngine(address, async (engine) => {
    const evacuation =
      (await unfinished(parts, engine, names, options)) ?? (await begin(parts, engine, names, options));
    if (evacuation !== undefined) await follow(parts, engine, storedRunOf(evacuation));
  });
}

/** Finds the run of this host that is not over. @throws Failure if the command line asks for another */
async function unfinished(
  { host, display }: Parts,
  engine: Engine,
  names: readonly string[],
  options: EvacuateOptions,
): Promise<Evacuation | undefined> {
  const seen = await engine.last(nameAtEngine(options));
  if (seen === undefined || seen.isOver) return undefined;
  const evacuation = goOnWith(evacuationOf(seen.stored, options.s), names, options);
  display.note(`Run ${evacuation.run.id} goes on.`);
  if (evacuation.cordoned && host.arrivals.now().cordon === undefined) closeFor(host, evacuation.run.id);
  return evacuation;
}

/** Plans a run and puts it at the engine, as the only one at this host. @returns undefined if it does not begin */
async function begin(
  parts: Parts,
  engine: Engine,
  names: readonly string[],
  options: EvacuateOptions,
): Promise<Evacuation | undefined> {
  const { host, journal, display } = parts;
  // A worker that has done its last job has the lock for another moment.
  for (let left = ATTEMPTS; !journal.lock(); left--) {
    if (left === 0) {
      const message = 'a controller is at work at this host';
      display.refused('controller', message);
      throw new Failure(message);
    }
    await setTimeout(PAUSE);
  }
  try {
    // Another one may have begun a run meanwhile.
    const other = await unfinished(parts, engine, names, options);
    if (other !== undefined) return other;
    const own = journal.unfinished();
    if (own !== undefined) {
      throw new Failure(
        `run ${own.run.id} is not over, and has no engine: 'mig evacuate' goes on with it. Nothing was begun`,
      );
    }
    const id = journal.newId(new Date(), await engine.ids(nameAtEngine(options)));
    const evacuation = await endingQuestions(() => newRun(parts, id, names, options));
    if (evacuation === undefined) return undefined;
    await engine.put(storedRunOf(evacuation));
    if (evacuation.cordoned) closeFor(host, id);
    return evacuation;
  } finally {
    journal.close();
  }
}
