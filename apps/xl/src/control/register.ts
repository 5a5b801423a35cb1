/** The commands for a running migration. Their modules load when one of them runs. */
import type { Command } from 'commander';
import type { Context } from '../host/context.js';
import { setTraits } from '../options/traits.js';
import { addChangeOptions, type ChangeOptions, changeOf } from '../options/setting-options.js';
import type { StatusOptions } from './status.js';
import type { SteerOptions } from './steer.js';

const AS_JSON = 'print JSON, one object per line';

export function registerControlCommands(program: Command, context: Context): void {
  program
    .command('migrate-status')
    .description('Show the progress of migrations')
    .usage('[options] [Domain]')
    .argument('[domain]')
    .option('--json', AS_JSON)
    .option('--watch', 'continue until the migration ends, and exit with its status')
    .action(async (domain: string | undefined, options: StatusOptions) => {
      const { migrateStatus } = await import('./status.js');
      await migrateStatus(context, domain, options);
    });

  const switchover = program
    .command('migrate-switchover')
    .description('Suspend a migrating domain now, however many pages are dirty')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('--now', 'even in the first pass, when most of memory was not sent so far')
    .option('--json', AS_JSON)
    .action(async (domain: string, options: SteerOptions & { now?: true }) => {
      const { migrateSwitchover } = await import('./steer.js');
      await migrateSwitchover(context, domain, options);
    });
  setTraits(switchover, { modifies: true });

  const abort = program
    .command('migrate-abort')
    .description('Abort a migration; the domain keeps running here')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('--json', AS_JSON)
    .action(async (domain: string, options: SteerOptions) => {
      const { migrateAbort } = await import('./steer.js');
      await migrateAbort(context, domain, options);
    });
  setTraits(abort, { modifies: true });

  const set = program
    .command('migrate-set')
    .description('Change the goals, limits and bandwidth of a migration; the value none restores the default')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .action(async (domain: string, { json, ...options }: SteerOptions & ChangeOptions) => {
      const { migrateSet } = await import('./steer.js');
      await migrateSet(context, domain, changeOf(options), { json });
    });
  addChangeOptions(set);
  set.option('--json', AS_JSON);
  setTraits(set, { modifies: true });
}
