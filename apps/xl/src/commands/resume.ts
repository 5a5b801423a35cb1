/** resume: the way back for a domain that was suspended to be sent away. */
import type { DomainInfo, Host } from '@mig/hypervisor';
import type { Command } from 'commander';
import { Failure } from '../output/failure.js';
import type { Context } from './context.js';
import { findDomain, MIGRATED_AWAY } from './find-domain.js';
import { whereItMayRun } from './sent-to.js';
import { setTraits } from './traits.js';

export function registerResume(program: Command, context: Context): void {
  const command = program
    .command('resume')
    .description('Resume a suspended domain where it stands')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('--force', `also one named NAME${MIGRATED_AWAY}, under its own name again`)
    .action(async (text: string, { force = false }: { force?: boolean }) => {
      const host = await context.openHost();
      const domain = findDomain(host, text);
      if (!domain.state.suspended) {
        throw new Failure(
          `domain ${domain.name} (domid ${domain.domid}) is not suspended; there is nothing to resume`,
        );
      }
      if (domain.name.endsWith(MIGRATED_AWAY)) bringBack(host, domain, force);
      else host.resume(domain.domid);
    });
  setTraits(command, { modifies: true });
}

/** A domain that may run on the host it was sent to: were it to run here as well, its disks would be lost. */
function bringBack(host: Host, { domid, name, sentTo }: DomainInfo, force: boolean): void {
  const ownName = name.slice(0, -MIGRATED_AWAY.length);
  if (!force) {
    throw new Failure(
      `domain ${name} ${whereItMayRun(sentTo)}; only where ${ownName} is not there, ` +
        `xl resume --force ${name}`,
    );
  }
  if (ownName === '') throw new Failure(`domain ${domid} has no name of its own; 'xl rename' it first`);
  const holder = host.list().find((each) => each.name === ownName);
  if (holder !== undefined) {
    throw new Failure(
      `${ownName} is the name of domain ${holder.domid} here, which may be this very domain, come back; ` +
        `'xl destroy' the one that is not wanted, or 'xl rename' one of the two`,
    );
  }
  host.rename(domid, ownName);
  try {
    host.resume(domid);
  } catch (error) {
    // As it was: the name is what keeps a careless resume from running it twice.
    host.rename(domid, name, { sentTo });
    throw error;
  }
}
