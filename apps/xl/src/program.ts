/** The `xl` command line: the commands, the options before them, and how they end. */
import { undecodedArgument } from '@mig/posix/places';
import { Command } from 'commander';
import { expandAbbreviation } from './options/abbreviation.js';
import { ownVersion } from './host/own-version.js';
import { registerConsole } from './commands/console.js';
import { type Context, createContext } from './host/context.js';
import { registerCordon } from './commands/cordon.js';
import { registerEvacuation } from './evacuate/register.js';
import { registerCreate } from './commands/create.js';
import { registerHelp } from './commands/help.js';
import { registerInfo } from './commands/info.js';
import { registerList } from './commands/list.js';
import { registerNames } from './commands/names.js';
import { registerResume } from './commands/resume.js';
import { registerRunState } from './commands/run-state.js';
import { getTraits } from './options/traits.js';
import { applyUsage, HelpShown } from './options/usage.js';
import { registerMigrationCommands } from './commands/register-migration.js';
import { reportError } from './output/errors.js';
import { ExitStatus } from './output/exit-status.js';
import { Failure, StockFailure } from './output/failure.js';
import { registerStreamCommands } from './stream/register.js';
import { registerTraceCommands } from './trace/register.js';

export function buildProgram(context: Context = createContext()): Command {
  const program = new Command('xl')
    .helpCommand(false)
    .enablePositionalOptions()
    .option('-v', 'verbose', (_, previous: number) => previous + 1, 0)
    .option('-t', 'progress overwrites its line')
    .option('-T', 'timestamps in the output')
    .option('-f', 'accepted without effect')
    .option('-N', 'dry run')
    .option('--version', 'print the version')
    .on('option:version', () => {
      context.output.line(`mig ${ownVersion()}`);
      throw new HelpShown();
    });
  program.hook('preAction', (_, command) => {
    takeGlobalOptions(program, command, context);
    warnOfSurplus(command, context);
  });

  registerCreate(program, context);
  registerList(program, context);
  registerInfo(program, context);
  registerNames(program, context);
  registerConsole(program, context);
  registerRunState(program, context);
  registerResume(program, context);
  registerMigrationCommands(program, context);
  registerCordon(program, context);
  registerEvacuation(program, context);
  registerStreamCommands(program, context);
  registerTraceCommands(program, context);
  registerHelp(program, context);
  applyUsage(program, context);
  return program;
}

/**
 * @param argv the arguments after `xl`
 * @returns the exit status, once the output is read where that may wait
 */
export async function run(argv: readonly string[], context: Context = createContext()): Promise<number> {
  const status = await perform(argv, context);
  await context.settle(status);
  return status;
}

async function perform(argv: readonly string[], context: Context): Promise<number> {
  try {
    refuseUndecoded(argv);
    const program = buildProgram(context);
    const names = program.commands.map((command) => command.name());
    if (argv.every((argument) => /^-[vftTN]+$/.test(argument))) {
      context.output.text(program.helpInformation());
      context.exitStatus = ExitStatus.failure;
    } else {
      await program.parseAsync(expandAbbreviation(argv, names), { from: 'user' });
    }
    context.output.flush();
    return context.exitStatus;
  } catch (error) {
    return finish(error, context);
  }
}

/** Refuses arguments that are not UTF-8: most name a file, and another file would be used. */
function refuseUndecoded(argv: readonly string[]): void {
  const lost = undecodedArgument(argv);
  if (lost === undefined) return;
  throw new Failure(
    `the argument '${lost}' is not UTF-8, and mig cannot keep its bytes; a link, say, can give it a name that is`,
    ExitStatus.usage,
  );
}

function finish(error: unknown, context: Context): number {
  try {
    context.output.flush();
  } catch (flushError) {
    return reportError(flushError, context.log);
  }
  return error instanceof HelpShown ? ExitStatus.success : reportError(error, context.log);
}

function warnOfSurplus(command: Command, { log }: Context): void {
  if (getTraits(command).surplus !== 'ignored') return;
  for (const word of command.args.slice(command.registeredArguments.length)) {
    log.warning(`${command.name()} takes no '${word}': it is ignored, as by stock`);
  }
}

function takeGlobalOptions(program: Command, command: Command, { global, log }: Context): void {
  const { v, t, T, f, N } = program.opts<{ v: number; t?: true; T?: true; f?: true; N?: true }>();
  global.verbosity = log.verbosity = v;
  global.forceProgress = t ?? false;
  global.timestamps = log.timestamps = T ?? false;
  global.force = f ?? false;
  global.dryRun = N ?? false;
  if (global.dryRun && !getTraits(command).dryRun) {
    throw new StockFailure('command does not implement -N (dryrun) option', ExitStatus.failure);
  }
}
