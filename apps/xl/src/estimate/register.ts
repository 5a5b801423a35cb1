/** The commands for planning a migration. Their modules load when one of them runs. */
import { type Command, Option } from 'commander';
import type { Context } from '../host/context.js';
import { rateOf } from '../options/setting-options.js';
import { PERIOD_DEFAULT, period } from '../options/period.js';

export function registerDirtyRate(program: Command, context: Context): void {
  program
    .command('dirty-rate')
    .description('Measure how fast a domain writes to its memory')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .addOption(periodOption())
    .option('--json', 'print it as JSON')
    .action(async (domain: string, options: { period?: number; json?: true }) => {
      const { dirtyRate } = await import('./dirty-rate.js');
      await dirtyRate(context, domain, options);
    });
}

/** Adds the options that turn `xl migrate` into an estimate. */
export function addEstimateOptions(command: Command): void {
  command
    .option('--estimate', 'measure, and predict the migration with each policy; nothing is moved')
    .option(
      '--link <rate>',
      'with --estimate: the rate of the link to <host>, such as 1Gbit/s, instead of measuring it',
      rateOf('--link'),
    )
    .addOption(periodOption());
}

function periodOption(): Option {
  return new Option('--period <S>', `measure for S seconds (default ${PERIOD_DEFAULT / 1000})`).argParser(
    period,
  );
}
