/** The commands domid, domname and rename. */
import { domidIn } from '@mig/hypervisor';
import type { Command } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure, StockFailure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { setTraits } from '../options/traits.js';

export function registerNames(program: Command, context: Context): void {
  const domid = program
    .command('domid')
    .description('Convert a domain name to domain id')
    .usage('<DomainName>')
    .argument('<domain>')
    .action(async (name: string) => {
      const host = await context.openHost();
      const domain = host.list().find((each) => each.name === name);
      if (domain === undefined) {
        throw new StockFailure(`Can't get domid of domain name '${name}', maybe this domain does not exist.`);
      }
      context.output.line(String(domain.domid));
    });

  const domname = program
    .command('domname')
    .description('Convert a domain id to domain name')
    .usage('<DomainId>')
    .argument('<domid>')
    .action(async (text: string) => {
      const domid = domidIn(text);
      if (domid === undefined) throw new StockFailure('Invalid domain id.', ExitStatus.failure, '\n');
      const host = await context.openHost();
      const domain = host.list().find((each) => each.domid === domid);
      if (domain === undefined) {
        throw new StockFailure(
          `Can't get domain name of domain id '${text}', maybe this domain does not exist.`,
        );
      }
      context.output.line(domain.name);
    });

  const rename = program
    .command('rename')
    .description('Rename a domain')
    .usage('<Domain> <NewDomainName>')
    .argument('<domain>')
    .argument('<name>')
    .action(async (text: string, name: string) => {
      const { nameProblem } = await import('@mig/protocol/handshake');
      const problem = nameProblem(name);
      if (problem !== undefined) throw new Failure(`rename: the new name ${problem}`, ExitStatus.usage);
      const host = await context.openHost();
      const { domid, epoch } = findDomain(host, text);
      host.rename(domid, name, epoch);
    });
  setTraits(rename, { modifies: true });
  for (const command of [domid, domname, rename]) setTraits(command, { surplus: 'ignored' });
}
