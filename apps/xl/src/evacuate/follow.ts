/** Follows a run at the engine to its end. Any number of processes may do so; the run needs none of them. */
import { isOver, type RunFigures } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { setTimeout } from 'node:timers/promises';
import type { Context } from '../host/context.js';
import { heedSignals, signalWords } from '../output/signals.js';
import type { Engine, StoredRun, WantedOfRun } from './bullmq.js';
import { statusOf } from './controller.js';
import { evacuationOf, noteConnection, UNREADABLE } from './engine.js';
import type { Display } from './events.js';
import { statusesOf } from './statuses.js';
import { cordonLeft, openAgain } from './run-cordon.js';

/** Milliseconds between two looks. */
const PERIOD = 500;

export interface FollowParts {
  readonly context: Context;
  readonly display: Display;
  /** Gives the display the figures that it shows. */
  readonly show: (figures: RunFigures) => void;
  /** The host of the run, if it is this one: how far its migrations are is shown, and its cordon is lifted after an abort. */
  readonly host?: Host;
}

export async function follow(parts: FollowParts, engine: Engine, begun: StoredRun): Promise<void> {
  const { context, display, host, show } = parts;
  const began = Date.now();
  const stopped = new AbortController();
  const endHeed = heedSignals((signal) => {
    display.note(`No longer followed, ${signalWords[signal]}.`);
    stopped.abort();
  });
  const notes = new Notes(display);
  noteConnection(engine, display);
  let stored = begun;
  let wanted = 'go' as WantedOfRun;
  try {
    await Promise.race([
      new Promise<void>((resolve) => stopped.signal.addEventListener('abort', () => resolve())),
      (async () => {
        while (!isOver(stored.run) && !stopped.signal.aborted) {
          await look();
          const statuses = host === undefined ? new Map<string, never>() : await statusesOf(context, host);
          display.update(stored.run, (uuid) => statuses.get(uuid));
          if (!isOver(stored.run)) await setTimeout(PERIOD);
        }
      })(),
    ]);
  } finally {
    endHeed();
  }
  const { run } = stored;
  context.exitStatus = statusOf(evacuationOf(stored, ''));
  if (!isOver(run))
    display.note(`Run ${run.id} is not over, and goes on: 'mig evacuate-abort --engine' ends it.`);
  if (host !== undefined && isOver(run)) {
    if (stored.cordoned && wanted === 'abort') openAgain(host, run.id);
    const left = cordonLeft(host, run.id);
    if (left !== undefined) display.note(left);
  }
  display.end(run, context.exitStatus, Date.now() - began);

  async function look(): Promise<void> {
    const { name, run } = stored;
    const found = await engine.read(name, run.id);
    if (found === undefined || found.isIncomplete) {
      // A server that has lost its memory is told again; the hosts know what has been done.
      await engine.put(found?.stored ?? stored);
      // It has lost the order of an operator as well.
      if (found === undefined && wanted !== 'go') await engine.want(name, run.id, wanted);
      if (found === undefined) display.note('The engine has lost the run: it was put there again.');
      return;
    }
    ({ stored } = found);
    notes.tell('jobs', found.isUnreadable && UNREADABLE);
    show(stored);
    wanted = (await engine.wanted(name, run.id, wanted)) ?? wanted;
    const hasWorker = await engine.hasWorker(name);
    notes.tell(
      'worker',
      hasWorker === false && `No worker of ${name} is there: 'mig evacuate-worker' begins one.`,
    );
    notes.tell('pause', wanted === 'pause' && 'Paused: running migrations go on, no other begins.');
  }
}

/** Notes that are told once for as long as they hold. */
class Notes {
  readonly #told = new Set<string>();

  constructor(private readonly display: Display) {}

  tell(what: string, words: string | false): void {
    if (words === false) this.#told.delete(what);
    else if (!this.#told.has(what)) {
      this.#told.add(what);
      this.display.note(words);
    }
  }
}
