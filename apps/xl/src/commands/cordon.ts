/** The commands cordon and uncordon: a host that takes no domain from another host. */
import { type ArrivalsNow, type Cordon, cordonWords } from '@mig/hypervisor';
import type { Command } from 'commander';
import { userInfo } from 'node:os';
import type { Context } from '../host/context.js';
import { setTraits } from '../options/traits.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** The version of the JSON format; schema/cordon.schema.json lists its fields. */
const SCHEMA = 1;
/** Most characters of a reason: a source quotes at most 200 of the sentence that it stands in. */
const LONGEST_REASON = 100;

export function registerCordon(program: Command, context: Context): void {
  const cordon = program
    .command('cordon')
    .description('Take no more domains from other hosts, until uncordon')
    .usage('[--json] [Reason], or --status [--json]')
    .argument('[reason]')
    .option(
      '--status',
      'change nothing: tell whether the host is cordoned, and how many domains are arriving',
    )
    .option('--json', 'print it as JSON')
    .action(async (reason: string | undefined, options: { status?: true; json?: true }) => {
      if (options.status === true && reason !== undefined) {
        throw new Failure('cordon: give a reason or --status, not both', ExitStatus.usage);
      }
      checkReason(reason);
      const { arrivals } = await context.openHost();
      const now = options.status === true ? arrivals.now() : arrivals.cordon(cordonNow(reason));
      if (options.json === true) context.output.json(asJson(now));
      else context.output.line(words(now));
    });

  const uncordon = program
    .command('uncordon')
    .description('Take domains from other hosts again')
    .usage('')
    .action(async () => {
      const { arrivals } = await context.openHost();
      const cordon = arrivals.uncordon();
      context.output.line(
        cordon === undefined
          ? 'Domains may arrive: this host was not cordoned.'
          : `Domains may arrive again. The host was ${cordonWords(cordon)}.`,
      );
    });

  for (const command of [cordon, uncordon]) setTraits(command, { modifies: true });
}

/** Says that a host is cordoned; undefined if it is not. */
export function cordonNote({ cordon }: ArrivalsNow): string | undefined {
  return cordon && `this host is ${cordonWords(cordon)}`;
}

function words({ cordon, underWay }: ArrivalsNow): string {
  const count = underWay === 1 ? '1 domain is' : `${underWay || 'no'} domains are`;
  if (cordon === undefined) return `Domains may arrive; ${count} arriving.`;
  const goesOn = underWay === 0 ? '' : `, and ${underWay === 1 ? 'goes' : 'go'} on`;
  return `No domain may arrive, ${cordonWords(cordon)}. From before, ${count} arriving${goesOn}.`;
}

function asJson({ cordon, underWay }: ArrivalsNow): object {
  return { schema: SCHEMA, cordoned: cordon !== undefined, ...cordon, arriving: underWay };
}

function checkReason(reason: string | undefined): void {
  if (reason === undefined) return;
  const refuse = (problem: string) => {
    throw new Failure(`cordon: the reason ${problem}`, ExitStatus.usage);
  };
  if (reason.trim() === '') refuse('is empty');
  if (reason.length > LONGEST_REASON) refuse(`has more than ${LONGEST_REASON} characters`);
  if (/\p{Cc}/u.test(reason)) refuse('has control characters');
}

/** Makes a cordon that begins now. */
export function cordonNow(reason: string | undefined): Cordon {
  return { reason, by: userName(), since: `${new Date().toISOString().slice(0, 19)}Z` };
}

/** The user who runs this, behind sudo if it was used. */
function userName(): string {
  const { SUDO_USER } = process.env;
  if (SUDO_USER) return SUDO_USER;
  try {
    return userInfo().username;
  } catch {
    // The system has no name for this user.
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
