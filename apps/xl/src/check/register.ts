import type { Command } from 'commander';

/** Those that make a check of `xl migrate`, or keep it from making any. */
export function addCheckOptions(command: Command): void {
  command
    .option('--check', 'say what would keep the migration from succeeding; nothing is moved')
    .option('--no-check', 'try it also where something known on this host would keep it from succeeding');
}
