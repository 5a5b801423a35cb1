/** Registration of `trace show` and `report`. The modules that do the work load when one of them runs. */
import type { Command } from 'commander';
import type { Context } from '../host/context.js';

export function registerTraceCommands(program: Command, context: Context): void {
  const trace = program
    .command('trace')
    .helpCommand(false)
    .description('Show the traces that xl migrate --trace writes')
    .usage('<Subcommand> [options] ...');

  trace
    .command('show')
    .description('Print the records of a trace, one per line')
    .usage('[options] <File|->')
    .argument('<file>')
    .option('--json', 'print JSON, one object per line')
    .action(async (file: string, options: { json?: true }) => {
      const { show } = await import('./show.js');
      show(context, file, options);
    });

  trace
    .command('report')
    .description('Write a report of a trace, .html or .svg')
    .usage('<File|-> <Page>')
    .argument('<file>')
    .argument('<page>')
    .action(async (file: string, page: string) => {
      const { report } = await import('./report.js');
      await report(context, file, page);
    });
}
