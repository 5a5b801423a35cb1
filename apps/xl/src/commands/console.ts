import { setTimeout } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { TerminalStream } from '../output/terminal-stream.js';
import type { Context } from '../host/context.js';
import { findDomain, isGone } from '../host/find-domain.js';
import type { LocalHost } from '../host/local-host.js';
import { refuseOptions } from '../options/refused-options.js';
import { setTraits } from '../options/traits.js';
import { wholeNumber } from '../options/whole-number.js';

const MAX_LINES = 1_000_000_000;
const POLL_MILLISECONDS = 100;

interface ConsoleOptions {
  follow?: true;
  lines?: number;
  type?: string;
  n?: number;
}

export function registerConsole(program: Command, context: Context): void {
  const command = program
    .command('console')
    .description("Print a domain's console")
    .usage('[options] <Domain>')
    .argument('<domain>')
    .option('-f, --follow', 'continue until the domain is gone')
    .option('--lines <N>', 'begin with the last N lines', wholeNumber('console --lines', 0, MAX_LINES))
    .option('-t, --type <TYPE>', 'console type; only pv')
    .addOption(new Option('-n <N>', 'console number; only 0').argParser(wholeNumber('console -n', 0, 0)))
    .action((text: string, options: ConsoleOptions) => showConsole(context, text, options));
  setTraits(command, { surplus: 'ignored' });
  refuseOptions(command, [
    { flags: '-e <escape>', why: 'this console takes no input; Ctrl-C ends --follow' },
  ]);
}

async function showConsole(context: Context, text: string, options: ConsoleOptions): Promise<void> {
  if (options.type !== undefined && options.type !== 'pv') {
    throw new Failure(
      `console -t must be pv, the only console of a wasm domain, not '${options.type}'`,
      ExitStatus.usage,
    );
  }
  const { ConsoleFile } = await import('./console-file.js');
  const host = await context.openLocalHost();
  const domain = findDomain(host, text);
  // The file is held open from here on: when the domain goes, its last output can still be read.
  const file = ConsoleFile.open(host.consolePath(domain.domid));
  const show = printer(context);
  try {
    if (options.lines !== undefined) file.seekLastLines(options.lines);
    for (;;) {
      // Asked before reading, so that what is written before the end is read after it.
      const over = !options.follow || hasEnded(host, domain.domid, domain.uuid);
      file.readAll(show);
      if (over) return;
      await setTimeout(POLL_MILLISECONDS);
    }
  } finally {
    file.close();
  }
}

/**
 * Makes the printer of a console. The guest's output is made safe for a terminal, and goes to a file or a
 * pipe as it is.
 */
function printer({ output, terminal }: Context): (octets: Uint8Array) => void {
  if (!terminal) return (octets) => output.octets(octets);
  const text = new TerminalStream();
  return (octets) => {
    output.text(text.push(octets));
    output.flush();
  };
}

/** Tells whether the domain is gone or dead, or its domid belongs to another. */
function hasEnded(host: LocalHost, domid: number, uuid: string): boolean {
  try {
    const now = host.describe(domid);
    return now.uuid !== uuid || now.state.crashed;
  } catch (error) {
    if (isGone(error)) return true;
    throw error;
  }
}
