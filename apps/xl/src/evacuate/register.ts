/** The commands that empty a host. Their modules load when one of them runs. */
import { type Command, Option } from 'commander';
import { orders, usualOptions } from '@mig/fleet';
import type { Context } from '../host/context.js';
import { rateOf } from '../options/setting-options.js';
import { setTraits } from '../options/traits.js';
import { wholeNumber } from '../options/whole-number.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { EngineOptions } from './engine.js';
import type { WorkerOptions } from './engine-worker.js';
import type { EvacuateOptions } from './evacuate-options.js';
import type { StatusOptions } from './status.js';

interface AllStatusOptions extends StatusOptions {
  readonly serve?: string;
  readonly report?: string;
  readonly control?: true;
  readonly s?: string;
}

const MOST = 1000;
const ENGINE = '--engine <url>';
const NAME = '--name <name>';

export function registerEvacuation(program: Command, context: Context): void {
  const evacuate = program
    .command('evacuate')
    .description('Move all domains of this host to others, or go on with doing so')
    .usage('--to <A,B,...> [options] [Domain ...], or --back <run>, or without options to go on')
    .argument('[domains...]')
    .option('--host <host>', 'run the command at that host, over ssh')
    .option(
      '--name <name>',
      'the name by which the targets reach this host, for --back (default: its host name)',
    )
    .option('--to <hosts>', 'the targets, as migrate takes them', list('--to'))
    .option('-s <sshcommand>', 'use this instead of ssh', 'ssh')
    .addOption(limit('--out <N>', 'most domains that leave at once', usualOptions.out))
    .addOption(limit('--in <N>', 'most domains that are on their way to a target at once', usualOptions.in))
    .option('--link <rate>', 'rate of all migrations together: 1Gbit/s, 100MB/s', rateOf('--link'))
    .option(
      '--max-downtime <MS>',
      'leave a domain running that would stand still for longer, and try it again later',
      wholeNumber('--max-downtime', 1, 1e9),
    )
    .option('--deadline <time>', 'from then on move them whatever the downtime: 04:30, 2026-12-24T04:30Z')
    .addOption(
      new Option('--order <order>', `which move first (default ${usualOptions.order})`)
        .choices(orders)
        .default(usualOptions.order),
    )
    .option(
      '--leave <patterns>',
      'domains that stay, by name: * and ? stand for any characters',
      list('--leave'),
    )
    .option('--ignore-apart', 'place domains together, too, that their configuration keeps apart')
    .option('--back <run>', 'bring back what that run has moved')
    .option(ENGINE, 'have the worker of this host do it, with jobs at that server: rediss://user@host')
    .option('--dry-run', 'move nothing; print the plan, with times and downtimes by estimate')
    .option('--json', 'print events as JSON, one object per line')
    .action(async (domains: string[], options: EvacuateOptions) => {
      if (options.s.trim() === '') {
        throw new Failure(
          'evacuate: -s takes a command that reaches each host by its name',
          ExitStatus.usage,
        );
      }
      if (options.back !== undefined && (options.to !== undefined || domains.length > 0 || options.dryRun)) {
        throw new Failure('evacuate: --back alone says what is moved, and where', ExitStatus.usage);
      }
      if (options.back !== undefined && (options.leave !== undefined || options.deadline !== undefined)) {
        throw new Failure('evacuate: --leave and --deadline are not for --back', ExitStatus.usage);
      }
      if (options.back !== undefined && options.engine !== undefined) {
        throw new Failure('evacuate: --back needs no engine: this host knows the run', ExitStatus.usage);
      }
      const { evacuate } = await import('./evacuate.js');
      await evacuate(context, domains, options);
    });

  program
    .command('evacuate-status')
    .description('Show how far the last evacuation of this host is')
    .usage('[options]')
    .option('--watch', 'continue until it ends, and exit with its status')
    .option(ENGINE, 'of an evacuation with that engine')
    .option(NAME, 'the name of the host at the engine (default: its host name)')
    .option('--json', 'print JSON')
    .option(
      '--serve <[address:]port>',
      'show it as a web page, until Ctrl-C; on 127.0.0.1 unless an address is given',
    )
    .option(
      '--report <file>',
      'write a report of it, all timelines on one axis, to a file that ends in .html',
    )
    .option('-s <sshcommand>', 'with --serve and --engine: use this instead of ssh to look at the hosts')
    .option('--control', 'with --serve: let the page pause, continue and abort the evacuation')
    .action(async ({ serve, control, report, s, ...options }: AllStatusOptions) => {
      const kinds = [
        ['--serve', serve],
        ['--report', report],
        ['--watch', options.watch],
      ] as const;
      const given = kinds.flatMap(([name, value]) => (value === undefined ? [] : [name]));
      if (given.length > 1 || (options.json && (serve ?? report) !== undefined)) {
        const names = [...given, ...(options.json ? ['--json'] : [])].join(' and ');
        throw new Failure(`evacuate-status: ${names} do not go together`, ExitStatus.usage);
      }
      if (control && serve === undefined) {
        throw new Failure('evacuate-status: --control goes with --serve', ExitStatus.usage);
      }
      if (s !== undefined && (serve === undefined || options.engine === undefined)) {
        throw new Failure('evacuate-status: -s goes with --serve and --engine', ExitStatus.usage);
      }
      if (serve !== undefined) {
        const { servePage } = await import('./serve.js');
        const ssh = s === undefined ? {} : { s };
        return servePage(context, { ...options, serve, ...(control && { control }), ...ssh });
      }
      if (report !== undefined) {
        const { reportRun } = await import('./run-report.js');
        return reportRun(context, { ...options, report });
      }
      const { evacuateStatus } = await import('./status.js');
      await evacuateStatus(context, options);
    });

  const orderings = [
    ['evacuate-pause', 'pause', 'Begin no further migration of the evacuation; running ones go on'],
    ['evacuate-continue', 'go', 'Let a paused evacuation go on'],
    ['evacuate-abort', 'abort', 'Abort the evacuation; what is still here stays'],
  ] as const;
  const others = orderings.map(([name, wanted, description]) =>
    program
      .command(name)
      .description(description)
      .usage('[options]')
      .option(ENGINE, 'of an evacuation with that engine')
      .option(NAME, 'the name of the host at the engine (default: its host name)')
      .action(async (options: EngineOptions) => {
        const { order } = await import('./status.js');
        await order(context, wanted, options);
      }),
  );

  const worker = program
    .command('evacuate-worker')
    .description('Do the jobs of this host that evacuations put at an engine, until a signal ends it')
    .usage('--engine <url> [options]')
    .requiredOption(ENGINE, 'the server of the jobs: redis://host, rediss://user@host:port/database')
    .option(NAME, 'the name of this host at the engine (default: its host name)')
    .option('-s <sshcommand>', 'use this instead of ssh', 'ssh')
    .action(async (options: WorkerOptions) => {
      const { evacuateWorker } = await import('./engine-worker.js');
      await evacuateWorker(context, options);
    });
  for (const command of [evacuate, worker, ...others]) setTraits(command, { modifies: true });
}

function limit(flags: string, description: string, usual: number): Option {
  const [name = ''] = flags.split(' ');
  return new Option(flags, `${description} (default ${usual})`)
    .default(usual)
    .argParser(wholeNumber(name, 1, MOST));
}

function list(option: string): (text: string, before?: string[]) => string[] {
  return (text, before = []) => {
    const names = text.split(',');
    if (names.every((name) => name !== '' && !/^-|\s/.test(name))) return [...before, ...names];
    throw new Failure(`${option} must be names with commas between, not '${text}'`, ExitStatus.usage);
  };
}
