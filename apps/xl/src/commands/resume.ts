/** The command resume: revives a domain that was suspended for a migration. */
import { type DomainInfo, type Host, HostError } from '@mig/hypervisor';
import { awayName } from '@mig/protocol/handshake';
import type { Command } from 'commander';
import { Failure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { noCopyOf, whereItMayRun } from '../host/sent-to.js';
import { setTraits } from '../options/traits.js';

export function registerResume(program: Command, context: Context): void {
  const command = program
    .command('resume')
    .description('Resume a domain that xl suspend, or a migration, has left suspended here')
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option(
      '--force',
      `resume even a domain that was sent to another host; ${awayName('NAME')} becomes NAME again`,
    )
    .action(async (text: string, { force = false }: { force?: boolean }) => {
      const host = await context.openHost();
      resume(host, findDomain(host, text), force);
    });
  setTraits(command, { modifies: true, surplus: 'ignored' });
}

/** Resumes a domain. Its owner decides, because what was seen here may have changed since. */
function resume(host: Host, { domid, name, uuid, epoch, sentTo }: DomainInfo, force: boolean): void {
  try {
    host.resume(domid, { epoch, force });
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    if (error.code === 'sent-away') {
      throw new Failure(
        `domain ${name} ${whereItMayRun(sentTo)}; only where ${noCopyOf(uuid)}, mig resume --force ${name}`,
      );
    }
    if (error.code === 'uuid-taken') {
      throw new Failure(`${error.message}; 'xl destroy' the one that is not wanted`);
    }
    if (error.code === 'name-taken') throw new Failure(`${error.message}; 'xl rename' one of the two`);
    throw error;
  }
}
