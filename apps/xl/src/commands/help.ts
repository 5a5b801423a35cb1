import type { Command } from 'commander';
import type { Context } from '../host/context.js';

export function registerHelp(program: Command, context: Context): void {
  program
    .command('help')
    .description('Print help, in full or on one command')
    .usage('[Command [Subcommand]]')
    .argument('[names...]')
    .action((names: string[]) => {
      let command = program;
      for (const name of names) {
        // As stock does: what follows a command is not looked at.
        if (command.parent !== null && command.commands.length === 0) break;
        const child = command.commands.find((each) => each.name() === name);
        if (child === undefined) {
          // As stock does: on standard output, with success.
          context.output.line(`command "${name}" not implemented`);
          return;
        }
        command = child;
      }
      context.output.text(command.name() === 'help' ? program.helpInformation() : command.helpInformation());
    });
}
