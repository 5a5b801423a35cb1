import type { DomainInfo, Host } from '@mig/hypervisor';
import type { Command } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { findDomain, isGone } from '../host/find-domain.js';
import { refuseOptions } from '../options/refused-options.js';

interface ListOptions {
  long?: true;
  json?: true;
  verbose?: true;
  context?: true;
}

export function registerList(program: Command, context: Context): void {
  const command = program
    .command('list')
    .description('List information about all/some domains')
    .usage('[options] [Domain...]')
    .argument('[domains...]')
    .option('-l, --long', 'print the configurations, as JSON')
    .option('--json', 'print the table, as JSON')
    .option('-v, --verbose', 'also print UUIDs, shutdown reasons and security labels')
    .option('-Z, --context', 'also print security labels')
    .action((domains: string[], options: ListOptions) => list(context, domains, options));
  refuseOptions(command, [
    { flags: '-c, --cpupool', why: 'this hypervisor has no cpupools' },
    { flags: '-n, --numa', why: 'this hypervisor places domains on no NUMA node' },
  ]);
}

async function list(context: Context, names: readonly string[], options: ListOptions): Promise<void> {
  if (options.long && options.json)
    throw new Failure('list: give one of --long and --json', ExitStatus.usage);
  const { domainTable, stateWord } = await import('../output/domain-table.js');
  const { output } = context;
  const host = await context.openHost();
  const domains = names.length === 0 ? host.list() : names.map((name) => findDomain(host, name));
  if (options.long) {
    output.json(configurations(host, domains));
  } else if (options.json) {
    const rows = domains.map(({ state, ...rest }) => ({ ...rest, state: stateWord(state) }));
    output.json(rows);
  } else {
    for (const line of domainTable(domains, options)) output.line(line);
    if (context.terminal) await hint(context, domains);
  }
}

async function hint({ output, log }: Context, domains: readonly DomainInfo[]): Promise<void> {
  const { domainHints } = await import('../host/domain-hints.js');
  output.flush();
  for (const line of domainHints(domains)) log.line(line);
}

/** Configurations of the domains; as in stock, one that has gone since is left out. */
function configurations(
  host: Host,
  domains: readonly DomainInfo[],
): { domid: number; config: unknown; sentTo?: string | undefined }[] {
  return domains.flatMap(({ domid, sentTo }) => {
    try {
      return [{ domid, config: JSON.parse(host.configuration(domid)) as unknown, sentTo }];
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  });
}
