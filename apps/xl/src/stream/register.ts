/** The commands stream inspect, verify and copy. Their modules load when one of them runs. */
import { StreamError } from '@mig/protocol/errors';
import type { StreamStart } from '@mig/protocol';
import { type Command, Option } from 'commander';
import type { Context } from '../host/context.js';
import { nameOf } from '../io/standard-stream.js';

const startOption = () =>
  new Option('--start <LAYER>', 'the layer that the file must begin with (default: detected)').choices([
    'xl',
    'libvirt',
    'libxl',
    'libxc',
  ]);

export function registerStreamCommands(program: Command, context: Context): void {
  const stream = program
    .command('stream')
    .helpCommand(false)
    .description('Inspect, verify and copy saved images and recorded migrations')
    .usage('<Subcommand> [options] ...');

  stream
    .command('inspect')
    .description('Print every header and record; pages are summarised')
    .usage('[options] <File|->')
    .argument('<file>')
    .option('--json', 'print JSON, one object per line')
    .addOption(startOption())
    .action(async (file: string, options: { json?: true; start?: StreamStart }) => {
      const { inspect } = await import('./inspect.js');
      named(file, () => inspect(context, file, options));
    });

  stream
    .command('verify')
    .description('Compare with the specifications; exit 1 if anything is wrong')
    .usage('[options] <File|->')
    .argument('<file>')
    .addOption(startOption())
    .action(async (file: string, options: { start?: StreamStart }) => {
      const { verify } = await import('./verify.js');
      named(file, () => verify(context, file, options));
    });

  stream
    .command('copy')
    .description('Decode and encode every record again; the copy is identical')
    .usage('[options] <File|-> <File|->')
    .argument('<from>')
    .argument('<to>')
    .addOption(startOption())
    .action(async (from: string, to: string, options: { start?: StreamStart }) => {
      const { copy } = await import('./copy.js');
      named(from, () => copy(context, from, to, options));
    });
}

/** Adds the file's name to a fault of its stream. */
function named(file: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof StreamError) {
      error.message = `${nameOf(file, 0)}: ${error.message}`;
    }
    throw error;
  }
}
