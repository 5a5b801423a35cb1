/** The commands for a migration that runs. What they do is loaded when one of them runs. */
import type { Command } from 'commander';
import type { Context } from '../commands/context.js';
import { setTraits } from '../commands/traits.js';
import { addChangeOptions, type ChangeOptions, changeOf } from './change-options.js';
import type { StatusOptions } from './status.js';

export function registerControlCommands(program: Command, context: Context): void {
  program
    .command('migrate-status')
    .description('Show how far migrations are')
    .usage('[options] [Domain]')
    .argument('[domain]')
    .option('--json', 'as JSON, an object a line')
    .option('--watch', 'go on until the migration ends, and end with its exit status')
    .action(async (domain: string | undefined, options: StatusOptions) => {
      const { migrateStatus } = await import('./status.js');
      await migrateStatus(context, domain, options);
    });

  const switchover = program
    .command('migrate-switchover')
    .description('Suspend a domain that is being migrated, whatever is dirty')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('--now', 'even in the first pass, when most of memory was not sent so far')
    .action(async (domain: string, { now }: { now?: true }) => {
      const { migrateSwitchover } = await import('./steer.js');
      await migrateSwitchover(context, domain, now === true);
    });
  setTraits(switchover, { modifies: true });

  const abort = program
    .command('migrate-abort')
    .description('End a migration: the domain goes on running here')
    .usage('<Domain>')
    .argument('<domain>')
    .action(async (domain: string) => {
      const { migrateAbort } = await import('./steer.js');
      await migrateAbort(context, domain);
    });
  setTraits(abort, { modifies: true });

  const set = program
    .command('migrate-set')
    .description('Change the goals, limits and bandwidth of a migration; none in place of a value unsets it')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .action(async (domain: string, options: ChangeOptions) => {
      const { migrateSet } = await import('./steer.js');
      await migrateSet(context, domain, changeOf(options));
    });
  addChangeOptions(set);
  setTraits(set, { modifies: true });
}
