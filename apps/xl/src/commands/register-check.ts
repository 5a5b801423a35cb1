import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** Adds the options that make only a check, or skip it. */
export function addCheckOptions(command: Command, about: { check: string; noCheck: string }): void {
  command
    .addOption(new Option('--check', about.check).argParser(notBoth(true)))
    .addOption(new Option('--no-check', about.noCheck).argParser(notBoth(false)));
}

/**
 * Refuses both at once: commander takes them for one option, of which the last counts, so a check would
 * become a migration.
 */
function notBoth(wanted: boolean): (text: string, before: boolean | undefined) => boolean {
  return (_text, before) => {
    if (before === !wanted) throw new Failure('--check with --no-check: one or the other', ExitStatus.usage);
    return wanted;
  };
}
