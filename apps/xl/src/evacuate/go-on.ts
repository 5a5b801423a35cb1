/** Going on with a run that is not over. */
import { usualOptions } from '@mig/fleet';
import { Failure } from '../output/failure.js';
import type { EvacuateOptions } from './evacuate-options.js';
import type { Evacuation } from './journal.js';

/** Writes down what a command line asks for, for the same one to go on with the run. */
export function askedFor(options: EvacuateOptions): string {
  return JSON.stringify({ ...options, json: undefined, dryRun: undefined, engine: undefined });
}

/** Returns an unfinished run if a command line asks to go on with it. @throws Failure otherwise */
export function goOnWith(
  unfinished: Evacuation,
  names: readonly string[],
  options: EvacuateOptions,
): Evacuation {
  const isKnown = names.every((name) => unfinished.names.includes(name));
  if (isKnown && (unfinished.asked === askedFor(options) || isBare(unfinished, options))) return unfinished;
  const { id } = unfinished.run;
  throw new Failure(
    `run ${id} is not over: 'mig evacuate' goes on with it, 'mig evacuate-abort' ends it. Nothing was begun`,
  );
}

/** Tells whether a command line asks for nothing but to go on. */
function isBare({ name, sshCommand }: Evacuation, options: EvacuateOptions): boolean {
  const { to, back, link, maxDowntime, deadline, leave, ignoreApart } = options;
  const wishes = [to, back, link, maxDowntime, deadline, leave, ignoreApart];
  return (
    wishes.every((wish) => wish === undefined) &&
    (options.name === undefined || options.name === name) &&
    ['ssh', sshCommand].includes(options.s) &&
    options.out === usualOptions.out &&
    options.in === usualOptions.in &&
    options.order === usualOptions.order
  );
}
