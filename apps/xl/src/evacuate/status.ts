/** `xl evacuate-status`, and the orders: `evacuate-pause`, `evacuate-continue`, `evacuate-abort`. */
import { setTimeout } from 'node:timers/promises';
import { type RunFigures, usualOptions } from '@mig/fleet';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { canRedraw, terminalAt } from '../output/terminal.js';
import type { OrderEnd } from './bullmq.js';
import { statusOf } from './controller.js';
import {
  type EngineOptions,
  evacuationOf,
  lastAtEngine,
  nameAtEngine,
  UNREADABLE,
  withEngine,
} from './engine.js';
import { createDisplay } from './events.js';
import type { EvacuateOptions } from './evacuate-options.js';
import { follow } from './follow.js';
import { type Evacuation, Journal, type Wanted } from './journal.js';
import { runTable } from './run-table.js';
import { type Statuses, statusesOf } from './statuses.js';

/** The version of the JSON format; schema/evacuate-status.schema.json lists its fields. */
const SCHEMA = 1;
const PERIOD = 1000;
const PLANNED = 'hosts and domains are still being checked, which Ctrl-C ends';

export interface StatusOptions extends EngineOptions {
  readonly json?: true;
  readonly watch?: true;
}

export async function evacuateStatus(context: Context, options: StatusOptions): Promise<void> {
  const { json, watch, engine } = options;
  if (engine !== undefined) return statusAtEngine(context, engine, options);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  let figures: RunFigures = { downtimes: {} };
  const display = watch === true ? createDisplay(context, json === true, () => figures) : undefined;
  for (;;) {
    const evacuation = lastOf(journal);
    const hasController = journal.controller() !== undefined;
    const statuses = await statusesOf(context, host);
    figures = evacuation;
    if (display === undefined) {
      show(context, evacuation, { hasController, wanted: journal.wanted(evacuation.run.id), statuses }, json);
      return;
    }
    display.update(evacuation.run, (uuid) => statuses.get(uuid));
    if (evacuation.ended !== undefined || !hasController) {
      context.exitStatus = statusOf(evacuation);
      const { began } = evacuation.run;
      display.end(evacuation.run, context.exitStatus, (evacuation.ended ?? Date.now()) - began);
      if (evacuation.ended === undefined)
        display.note("No controller is at work: 'mig evacuate' goes on with the run.");
      return;
    }
    await setTimeout(PERIOD);
  }
}

async function statusAtEngine(context: Context, address: string, options: StatusOptions): Promise<void> {
  const name = nameAtEngine(options);
  const isJson = options.json === true;
  await withEngine(address, async (engine) => {
    const { stored, ended, isUnreadable } = await lastAtEngine(engine, name);
    if (options.watch === true) {
      let figures: RunFigures = stored;
      const display = createDisplay(context, isJson, () => figures);
      await follow({ context, display, show: (now) => (figures = now) }, engine, stored);
      return;
    }
    const { run } = stored;
    const wanted = (await engine.wanted(name, run.id)) ?? 'go';
    const state = { hasController: (await engine.hasWorker(name)) === true, wanted, statuses: new Map() };
    show(context, { ...evacuationOf(stored, ''), ended }, state, options.json);
    if (isUnreadable && !isJson) context.output.line(UNREADABLE);
  });
}

/** Orders what an operator wants of the unfinished run of a host, at an engine. */
async function orderAtEngine(
  context: Context,
  wanted: Wanted,
  address: string,
  options: EngineOptions,
): Promise<void> {
  const name = nameAtEngine(options);
  await withEngine(address, async (engine) => {
    const { stored, isOver } = await lastAtEngine(engine, name);
    const { run } = stored;
    if (isOver) throw new Failure(`run ${run.id} is over`);
    const end = await engine.want(name, run.id, wanted);
    if (end !== 'taken') throw new Failure(orderWords(run.id, end));
    const hasWorker = (await engine.hasWorker(name)) !== false;
    const until = hasWorker ? '' : ` Once a worker of ${name} is there: 'mig evacuate-worker' begins one.`;
    context.output.line(`${said[wanted]}: run ${run.id}.${until}`);
  });
}

/** Says why the engine has not taken an order. */
function orderWords(id: string, end: Exclude<OrderEnd, 'taken'>): string {
  return end === 'is-aborted' ? `run ${id} is being aborted` : `the engine has lost run ${id}`;
}

function show(
  { output, terminal }: Context,
  evacuation: Evacuation,
  { hasController, wanted, statuses }: { hasController: boolean; wanted: Wanted; statuses: Statuses },
  json?: true,
): void {
  const { run, downtimes, ended, back } = evacuation;
  if (json === true) {
    output.json({
      schema: SCHEMA,
      run: run.id,
      host: evacuation.name,
      back,
      wanted,
      controlled: hasController,
      began: new Date(run.began).toISOString(),
      ended: ended && new Date(ended).toISOString(),
      domains: run.domains.map(({ uuid, name, memory, state, target, why }) => ({
        ...{ uuid, domain: name, memory, state, target, why },
        phase: state === 'moving' ? statuses.get(uuid)?.phase : undefined,
        downtimeMilliseconds: downtimes[uuid],
      })),
    });
    return;
  }
  const width = terminal && canRedraw(1) ? { width: terminalAt(1).width } : {};
  for (const line of runTable(run, { statusOf: (uuid) => statuses.get(uuid), downtimes, ...width }))
    output.line(line);
  if (ended !== undefined) return;
  if (!hasController) output.line("No controller is at work: 'mig evacuate' goes on with the run.");
  else if (wanted === 'pause') output.line("Paused: 'mig evacuate-continue' lets it go on.");
}

/** Tells what an operator wants of the unfinished run; ends it here if no controller is left to do so. */
export async function order(context: Context, wanted: Wanted, options: EngineOptions): Promise<void> {
  if (options.engine !== undefined) return orderAtEngine(context, wanted, options.engine, options);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  const { run, ended } = lastOf(journal);
  if (ended !== undefined) {
    const next = journal.controller() === undefined ? '' : `, and the next has not begun: ${PLANNED}`;
    throw new Failure(`run ${run.id} is over${next}`);
  }
  journal.want(run.id, wanted);
  if (journal.controller() !== undefined) {
    context.output.line(`${said[wanted]}: run ${run.id}.`);
  } else if (wanted === 'abort') {
    // Whoever goes on with it finds the order, and ends it.
    const { evacuate } = await import('./evacuate.js');
    await evacuate(context, [], { s: 'ssh', ...usualOptions } satisfies EvacuateOptions);
    // What stays is what was asked for.
    const isOver = journal.read(run.id)?.ended !== undefined;
    if (isOver && context.exitStatus === ExitStatus.failure) context.exitStatus = ExitStatus.success;
  } else {
    context.output.line(
      `${said[wanted]}: run ${run.id}. No controller is at work: 'mig evacuate' goes on with it.`,
    );
  }
}

const said: Readonly<Record<Wanted, string>> = {
  pause: 'Running migrations go on, no other begins',
  go: 'The run goes on',
  abort: 'Running migrations are aborted, and what is still here stays',
};

export function lastOf(journal: Journal): Evacuation {
  const last = journal.last();
  if (last === undefined) {
    const isPlanned = journal.controller() !== undefined;
    throw new Failure(isPlanned ? `no run has begun: ${PLANNED}` : 'this host has not been evacuated');
  }
  return last;
}
