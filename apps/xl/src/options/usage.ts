/** Help and complaints about the command line, in stock's form and with its exit statuses. */
import { basename } from 'node:path';
import type { Command, CommanderError, Help } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { StockFailure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { programHelp } from './program-help.js';
import { getTraits } from './traits.js';

/** Thrown once the requested help has been printed. */
export class HelpShown extends Error {
  override readonly name = 'HelpShown';
}

export function applyUsage(program: Command, context: Context): void {
  for (const command of [program, ...descendants(program)]) {
    command
      .configureHelp({ formatHelp })
      .configureOutput({
        writeOut: (text) => context.output.text(text),
        outputError: () => undefined,
        writeErr: () => undefined,
      })
      .helpOption('-h, --help', 'print this help')
      .exitOverride((error) => {
        throw usageError(command, error);
      })
      .allowExcessArguments(getTraits(command).surplus === 'ignored');
  }
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...descendants(child)]);
}

/** The words that name a command, such as `stream verify`. */
export function pathOf(command: Command): string {
  const names: string[] = [];
  for (let at = command; at.parent !== null; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}

function formatHelp(command: Command, helper: Help): string {
  return command.parent === null ? programHelp(command, helper) : commandHelp(command, helper);
}

function commandHelp(command: Command, helper: Help): string {
  const lines = [usageLine(command), '', sentence(command.description()), ''];
  const commands = helper.visibleCommands(command);
  if (commands.length > 0) {
    lines.push(
      'Subcommands:',
      '',
      ...commands.map((child) => ` ${child.name().padEnd(19)} ${helper.subcommandDescription(child)}`),
      '',
    );
  }
  lines.push('Options:', '');
  for (const option of helper.visibleOptions(command)) {
    const { flags, description } = option;
    if (flags.length < 24) lines.push(`${flags.padEnd(24)}${description}`);
    else lines.push(flags, `${''.padEnd(24)}${description}`);
  }
  return [...lines, ''].join('\n');
}

function usageLine(command: Command): string {
  const { modifies, dryRun } = getTraits(command);
  const globals = `-vtT${modifies ? 'f' : ''}${dryRun ? 'N' : ''}`;
  return `Usage: ${invokedAs()} [${globals}] ${pathOf(command)} ${command.usage()}`;
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

function usageError(command: Command, error: CommanderError): Error {
  const isProgram = command.parent === null;
  switch (error.code) {
    case 'commander.helpDisplayed':
      return new HelpShown();
    case 'commander.help':
      return withUsage(command, `'${invokedAs()} ${pathOf(command)}' requires a subcommand.`);
    case 'commander.unknownOption':
      return isProgram
        ? new StockFailure('unknown global option', ExitStatus.failure)
        : new StockFailure(unknownOption(error.message), ExitStatus.usage);
    case 'commander.unknownCommand':
      return isProgram
        ? new StockFailure(`command not implemented${suggestion(error.message)}`, ExitStatus.failure)
        : withUsage(
            command,
            `'${invokedAs()} ${pathOf(command)}' has no such subcommand${suggestion(error.message)}`,
          );
    case 'commander.missingArgument': {
      const count = command.registeredArguments.filter(({ required }) => required).length;
      return withUsage(
        command,
        `'${invokedAs()} ${pathOf(command)}' requires at least ${count} argument${count > 1 ? 's' : ''}.`,
      );
    }
    case 'commander.excessArguments': {
      const count = command.registeredArguments.length;
      return withUsage(
        command,
        `'${invokedAs()} ${pathOf(command)}' takes ${count === 0 ? 'no' : `at most ${count}`} argument${count === 1 ? '' : 's'}.`,
        getTraits(command).surplus === 'failure' ? ExitStatus.failure : ExitStatus.usage,
      );
    }
    default:
      return new StockFailure(`xl: ${error.message.replace(/^error: /, '')}`, ExitStatus.usage);
  }
}

/** Adds the command's usage to a complaint, and where to read more: all of its help would push the complaint away. */
export function withUsage(
  command: Command,
  complaint: string,
  status: number = ExitStatus.usage,
): StockFailure {
  const help = `\n${usageLine(command)}\nSee '${invokedAs()} help ${pathOf(command)}'.\n`;
  return new StockFailure(complaint, status, help);
}

/** The name that this program was called by: the other one may be the stock `xl`. */
export function invokedAs(): string {
  return basename(process.argv[1] ?? '', '.js') === 'mig' ? 'mig' : 'xl';
}

function unknownOption(message: string): string {
  const flag = /'(-[^']*)'/.exec(message)?.[1] ?? '';
  return `option \`${/^-[^-]$/.test(flag) ? flag.slice(1) : flag}' not supported.${suggestion(message)}`;
}

/** Commander's guess at the intended word. */
function suggestion(message: string): string {
  const found = /\(Did you mean .*\)/.exec(message);
  return found === null ? '' : ` ${found[0]}`;
}
