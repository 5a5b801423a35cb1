/** Properties of a command beyond its arguments (stock's `modifies` and `can_dryrun`). */
import type { Command } from 'commander';

export interface Traits {
  /** Whether it changes something: if so its usage shows `-f`. */
  readonly modifies?: boolean;
  /** Whether it takes the global `-N`. */
  readonly dryRun?: boolean;
  /** Effect of surplus arguments, as in stock's command; in its absence they are a usage error. */
  readonly surplus?: 'ignored' | 'failure';
}

const traitsOf = new WeakMap<Command, Traits>();

export function setTraits(command: Command, traits: Traits): Command {
  traitsOf.set(command, { ...traitsOf.get(command), ...traits });
  return command;
}

export function getTraits(command: Command): Traits {
  return traitsOf.get(command) ?? {};
}
