/** The list of commands: all of them, or on a Xen host those that mig does itself, and how to see stock's. */
import { basename } from 'node:path';
import type { Command, Help } from 'commander';
import { describeError } from '../output/errors.js';
import { chosenHypervisor } from '../stock/chosen-hypervisor.js';
import { OURS } from '../stock/stock-command.js';
import { stockHelp } from '../stock/stock-help.js';

export function programHelp(program: Command, helper: Help): string {
  const commands = helper.visibleCommands(program);
  const lines = (shown: readonly Command[]) =>
    shown.map((command) => ` ${command.name().padEnd(19)} ${helper.subcommandDescription(command)}`);
  if (chosenHypervisor() !== 'xen') return listed('xl', lines(commands));
  const own = lines(commands.filter((command) => OURS.includes(command.name())));
  return basename(process.argv[1] ?? 'xl', '.js') === 'xl' ? besideStock(own) : withoutStock(own);
}

function listed(name: string, lines: readonly string[]): string {
  return [
    `Usage ${name} [-vfNtT] <subcommand> [args]`,
    '',
    `${name} full list of subcommands:`,
    '',
    ...lines,
    '',
  ].join('\n');
}

/** Stock's list, in stock's form, for completion reads it; then ours in the same form. */
function besideStock(own: readonly string[]): string {
  return [
    stockPart().trimEnd(),
    '',
    "mig's subcommands, beside stock's and in place of those of the same names:",
    '',
    ...own,
    '',
  ].join('\n');
}

function stockPart(): string {
  try {
    return stockHelp();
  } catch (error) {
    return `The list of the stock xl's subcommands is missing: ${describeError(error)}`;
  }
}

function withoutStock(own: readonly string[]): string {
  return [
    listed('mig', own),
    "All other subcommands, such as list, create and console, are the stock xl's: 'xl help' lists them, and",
    "'mig help SUBCOMMAND' explains one, with stock's options.",
    '',
  ].join('\n');
}
