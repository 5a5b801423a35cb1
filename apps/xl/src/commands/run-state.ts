/** The commands pause, unpause and destroy. */
import type { Command } from 'commander';
import { StockFailure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { setTraits } from '../options/traits.js';

export function registerRunState(program: Command, context: Context): void {
  const pause = program
    .command('pause')
    .description('Pause execution of a domain')
    .usage('<Domain>')
    .argument('<domain>')
    .action(async (text: string) => {
      const host = await context.openHost();
      const { domid, epoch } = findDomain(host, text);
      host.pause(domid, epoch);
    });

  const unpause = program
    .command('unpause')
    .description('Unpause a paused domain')
    .usage('<Domain>')
    .argument('<domain>')
    .action(async (text: string) => {
      const host = await context.openHost();
      const { domid, epoch } = findDomain(host, text);
      host.unpause(domid, epoch);
    });

  const destroy = program
    .command('destroy')
    .description('Terminate a domain immediately')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('-f', 'permit destroying domain 0')
    .action(async (text: string, { f: force }: { f?: true }) => {
      const host = await context.openHost();
      const { domid, epoch } = findDomain(host, text);
      if (domid === 0 && !force) throw new StockFailure('Not destroying domain 0; use -f to force.');
      host.destroy(domid, epoch);
    });

  for (const command of [pause, unpause, destroy]) setTraits(command, { modifies: true, surplus: 'ignored' });
}
