/** Bounds of the model. All of `usual` takes seconds. */
import type { DomainCommand } from '@mig/protocol/handshake';
import type { Bounds } from './explore.js';

/** All commands to model: `list` and `dirty-rate` change nothing; `receive` is the target's own. */
export const allCommands: readonly DomainCommand[] = [
  'pause',
  'unpause',
  'rename',
  'resume',
  'resume --force',
  'destroy',
  'save',
  'migrate',
  'create',
];

/** Bounds of a migration from A to B, with additions. */
export function bounds(more: Partial<Bounds> = {}): Bounds {
  return {
    hosts: ['A', 'B'],
    migrations: 1,
    commands: allCommands,
    commandsInAll: 0,
    deaths: 0,
    begins: 'migrating',
    ...more,
  };
}

const three = ['A', 'B', 'C'] as const;

export const usual: Readonly<Record<string, Bounds>> = {
  'one migration, every process may die': bounds({ deaths: 5 }),
  'one migration, one command, one death': bounds({ commandsInAll: 1, deaths: 1 }),
  'one migration, two commands': bounds({ commandsInAll: 2 }),
  'one migration of a host to itself, one command': bounds({
    hosts: ['A'],
    commandsInAll: 1,
    begins: 'to itself',
  }),
  'two migrations between three hosts': bounds({ hosts: three, migrations: 2, commandsInAll: 1 }),
  'after one that ended in the unknown, another, one more command, one death': bounds({
    hosts: three,
    migrations: 2,
    commands: ['migrate', 'resume --force', 'destroy'],
    commandsInAll: 2,
    deaths: 1,
    begins: 'unknown',
  }),
};

/** Wider bounds, which take minutes. */
export const wider: Readonly<Record<string, Bounds>> = {
  'one migration, two commands, two deaths': bounds({ commandsInAll: 2, deaths: 2 }),
  'two migrations between three hosts, one more command': bounds({
    hosts: three,
    migrations: 2,
    commandsInAll: 2,
  }),
  'two migrations, two deaths': bounds({ hosts: three, migrations: 2, commandsInAll: 1, deaths: 2 }),
  'after one that ended in the unknown, any two commands, two deaths': bounds({
    hosts: three,
    migrations: 2,
    commandsInAll: 2,
    deaths: 2,
    begins: 'unknown',
  }),
};
