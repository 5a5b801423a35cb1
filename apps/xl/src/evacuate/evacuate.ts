/** `xl evacuate`: begins a run, or goes on with one. */
import type { RunFigures } from '@mig/fleet';
import { once } from 'node:events';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { bringBack } from './back.js';
import { evacuateByEngine } from './by-engine.js';
import { Controller, statusOf } from './controller.js';
import type { EvacuateOptions } from './evacuate-options.js';
import { createDisplay } from './events.js';
import { goOnWith } from './go-on.js';
import { type Evacuation, Journal } from './journal.js';
import { newReturn } from './new-return.js';
import { newRun } from './new-run.js';
import { endingQuestions, migThere, startAt } from './remote.js';
import { closeFor, cordonLeft, openAgain } from './run-cordon.js';

export async function evacuate(
  context: Context,
  names: readonly string[],
  options: EvacuateOptions,
): Promise<void> {
  if (options.host !== undefined) return evacuateThere(context, options.host, options.s);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  let shown = (): RunFigures => ({ downtimes: {} });
  const display = createDisplay(context, options.json === true, () => shown());
  if (options.engine !== undefined && options.dryRun !== true) {
    const show = (figures: RunFigures) => (shown = () => figures);
    return evacuateByEngine({ context, host, journal, display, show }, names, options.engine, options);
  }
  if (!journal.lock()) {
    const running = journal.unfinished();
    const message =
      running === undefined
        ? "a worker of an engine is at work: 'mig evacuate-status --watch --engine' follows its run"
        : `a controller is at work on run ${running.run.id}: 'mig evacuate-status --watch' follows it`;
    display.refused('controller', message);
    throw new Failure(message);
  }
  context.neverWait();
  try {
    const unfinished = journal.unfinished();
    let evacuation: Evacuation | undefined;
    if (options.dryRun !== true && unfinished !== undefined) {
      evacuation = goOnWith(unfinished, names, options);
      display.note(`Run ${evacuation.run.id} goes on.`);
      if (evacuation.cordoned && host.arrivals.now().cordon === undefined) closeFor(host, evacuation.run.id);
    } else if (options.back !== undefined) {
      const { back } = options;
      evacuation = await endingQuestions(() => newReturn(host, journal, back, options));
      journal.write(evacuation);
    } else {
      const id = journal.newId(new Date());
      evacuation = await endingQuestions(() => newRun({ context, host, display }, id, names, options));
      if (evacuation !== undefined) journal.write(evacuation);
      if (evacuation?.cordoned === true) closeFor(host, evacuation.run.id);
    }
    if (evacuation === undefined) return;
    const parts = { context, host, journal, ledger: journal, display };
    const began = Date.now();
    const begun = evacuation;
    const controller = evacuation.back === undefined ? new Controller(parts, evacuation) : undefined;
    shown = () => controller?.evacuation ?? begun;
    if (controller !== undefined) await controller.control();
    const show = (now: Evacuation) => (shown = () => now);
    const done = controller?.evacuation ?? (await bringBack(parts, begun, show));
    display.update(done.run, () => undefined);
    context.exitStatus = statusOf(done);
    if (done.ended === undefined) {
      display.note(`Run ${done.run.id} is not over: the same command, or 'mig evacuate', goes on with it.`);
    }
    const isAborted = journal.wanted(done.run.id) === 'abort';
    if (done.cordoned && isAborted) openAgain(host, done.run.id);
    const left = done.ended === undefined ? undefined : cordonLeft(host, done.run.id);
    if (left !== undefined) display.note(left);
    display.end(done.run, context.exitStatus, Date.now() - began);
  } finally {
    journal.close();
  }
}

/** Runs the same command at the host that is to be emptied. */
async function evacuateThere(context: Context, there: string, sshCommand: string): Promise<void> {
  const at = process.argv.indexOf('evacuate');
  const words = withoutHost(process.argv.slice(at), there);
  const ssh = process.stdout.isTTY && sshCommand === 'ssh' ? 'ssh -t' : sshCommand;
  const child = startAt(ssh, there, migThere(...words), { stdio: 'inherit' });
  const [status] = (await once(child, 'exit')) as [number | null];
  context.exitStatus = status ?? ExitStatus.failure;
}

/** Takes `--host` from a command line, and adds the name by which the host was reached. */
function withoutHost(argv: readonly string[], there: string): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--host') i++;
    else if (argv[i]?.startsWith('--host=') !== true) words.push(argv[i]!);
  }
  if (!words.some((word) => /^--name(=|$)/.test(word))) words.splice(1, 0, '--name', there);
  return words;
}
