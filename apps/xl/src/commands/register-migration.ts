/**
 * Options and registration of the commands that move a domain's state. Their modules load when one of them
 * runs.
 */
import type { Command } from 'commander';
import type { Context } from '../host/context.js';
import { ignoreOptions, refuseOptions } from '../options/refused-options.js';
import { setTraits } from '../options/traits.js';
import { invokedAs, withUsage } from '../options/usage.js';
import type { EstimateOptions } from '../estimate/estimate.js';
import { addCheckOptions } from './register-check.js';
import { addEstimateOptions, registerDirtyRate } from '../estimate/register.js';
import { addCompress } from '../options/compress.js';
import { addArrivalsMax, arrivalsMax } from '../options/arrivals-max.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { addTraceOptions } from '../trace/trace-options.js';
import { registerControlCommands } from '../control/register.js';
import type { MigrateOptions } from './migrate.js';
import { addSettingOptions } from '../options/setting-options.js';
import {
  addSourceTimeouts,
  addTargetTimeouts,
  sourceTimeouts,
  targetTimeouts,
} from '../options/timeout-options.js';

export function registerMigrationCommands(program: Command, context: Context): void {
  registerSave(program, context);
  registerRestore(program, context);
  registerDirtyRate(program, context);
  registerMigrate(program, context);
  registerReceive(program, context);
  registerControlCommands(program, context);
}

function registerSave(program: Command, context: Context): void {
  const command = program
    .command('save')
    .description('Save a domain state to restore later')
    .usage('[options] <Domain> <CheckpointFile|-> [<ConfigFile>]')
    .argument('<domain>')
    .argument('<file>')
    .argument('[config]')
    .option('-c', 'leave the domain running after creating the snapshot')
    .option('-p', 'leave the domain paused after creating the snapshot')
    .option('-D', 'store the domain id in the configuration: the restored domain gets it again')
    .action(
      async (
        domain: string,
        file: string,
        config: string | undefined,
        options: { c?: true; p?: true; D?: true },
      ) => {
        const { save } = await import('./save.js');
        await save(context, domain, file, config, { ...options, timeouts: sourceTimeouts({ ...options }) });
      },
    );
  refuseOptions(command, [{ flags: '--digest', why: 'a file has no target that could agree to check it' }]);
  addSourceTimeouts(command, ['suspend', 'progress', 'stopAndCopy']);
  setTraits(command, { modifies: true, surplus: 'failure' });
}

function registerRestore(program: Command, context: Context): void {
  const command = program
    .command('restore')
    .description('Restore a domain from a saved state')
    .usage('[options] [<ConfigFile>] <CheckpointFile|->')
    .argument('<file>')
    .argument('[checkpoint]')
    .option('-p', 'do not unpause the domain after restoring it')
    .action(async (first: string, second: string | undefined, options: { p?: true }) => {
      const { restore } = await import('./restore.js');
      const [config, checkpoint] = second === undefined ? [undefined, first] : [first, second];
      const { progress } = targetTimeouts({ ...options });
      await restore(context, checkpoint, config, { paused: options.p === true, progress });
    });
  ignoreOptions(command, [
    { flags: '-e', why: 'no process waits for the end of a domain' },
    { flags: '-F', why: 'no process waits for the end of a domain' },
    { flags: '-d', why: 'there are no messages for debugging' },
  ]);
  refuseOptions(command, [
    { flags: '-c', why: "follow the console with 'xl console -f' once the domain is restored" },
    { flags: '-V, --vncviewer', why: 'a wasm domain has no display' },
    { flags: '-A, --vncviewer-autopass', why: 'a wasm domain has no display' },
  ]);
  addTargetTimeouts(command, ['progress']);
  setTraits(command, { modifies: true, surplus: 'failure' });
}

/** Options that record a migration: their names in commander, and on the command line. */
const recordingOptions = [
  ['trace', '--trace'],
  ['traceBitmaps', '--trace-bitmaps'],
  ['report', '--report'],
] as const;

function registerMigrate(program: Command, context: Context): void {
  const command = program
    .command('migrate')
    .description('Migrate a domain to another host')
    .usage('[options] <Domain> <host>, or --check ..., or --estimate [options] <Domain> [<host>]')
    .argument('[domain]')
    .argument('[host]')
    .option('-C <config>', 'send this configuration instead of the one from creation')
    .option(
      '-s <sshcommand>',
      'use this instead of ssh; if empty, run <host> instead of ssh <host> xl ...',
      'ssh',
    )
    .option('-e', 'do not wait in the background (on <host>) for the death of the domain')
    .option('-F', 'run in the foreground (on <host>)')
    .option('-p', 'do not unpause the domain after migrating it')
    .option('-D', 'preserve the domain id')
    .option('--debug', 'send all of memory twice, for <host> to compare')
    .option('--digest', 'have <host> check that no byte is changed on the way; refused unless it has mig')
    .option('--quiet', 'print nothing unless the migration fails; the exit status tells how it ended')
    .option('--live', 'accepted and ignored: migration is always live')
    .option(
      '--json',
      'print events on standard output as JSON, one object per line; with --check and --estimate, one object',
    )
    .action(
      async (
        domain: string | undefined,
        target: string | undefined,
        options: Omit<MigrateOptions & EstimateOptions, 'timeouts'> & { estimate?: true },
      ) => {
        const recording = recordingOptions.find(([name]) => options[name] !== undefined);
        const asking =
          options.check === true ? '--check' : options.estimate === true ? '--estimate' : undefined;
        if (asking !== undefined && recording !== undefined) {
          throw new Failure(`${recording[1]} with ${asking}: nothing is moved to tell of`, ExitStatus.usage);
        }
        if (asking !== undefined && options.quiet === true) {
          throw new Failure(`--quiet with ${asking}: its answer is all that it says`, ExitStatus.usage);
        }
        if (options.check === true && options.estimate === true) {
          throw new Failure('--check with --estimate: one after the other', ExitStatus.usage);
        }
        if (options.s !== '' && options.s.trim() === '') {
          throw new Failure(
            "-s is blank: it takes a command, or '' where HOST itself is one",
            ExitStatus.usage,
          );
        }
        if (target !== undefined && options.s !== '' && /^(?:-|\s*$)/.test(target)) {
          throw new Failure(`'${target}' is not the name of a host`, ExitStatus.usage);
        }
        const timeouts = sourceTimeouts({ ...options });
        if (options.estimate === true && domain !== undefined) {
          const { estimate } = await import('../estimate/estimate.js');
          return estimate(context, domain, target, { ...options, timeouts });
        }
        if (domain === undefined || target === undefined) {
          const due = options.estimate === true ? '1 argument' : '2 arguments';
          throw withUsage(command, `'${invokedAs()} migrate' requires at least ${due}.`);
        }
        if (options.period !== undefined) {
          throw new Failure('--period without --estimate: a migration does not measure', ExitStatus.usage);
        }
        if (options.link !== undefined) {
          throw new Failure('--link without --estimate: --bandwidth limits a migration', ExitStatus.usage);
        }
        if (options.check === true) {
          const { check } = await import('./check.js');
          return check(context, domain, target, { ...options, timeouts });
        }
        const { migrate } = await import('./migrate.js');
        await migrate(context, domain, target, { ...options, timeouts });
      },
    );
  addCheckOptions(command, {
    check: 'report what would make the migration fail, at both ends; nothing is moved',
    noCheck: 'migrate even if something known would make it fail; on Xen, do not ask <host> beforehand',
  });
  addEstimateOptions(command);
  addSettingOptions(command);
  addCompress(command);
  addTraceOptions(command);
  addSourceTimeouts(command);
  setTraits(command, { modifies: true, surplus: 'ignored' });
}

const OTHER_STREAM = 'streams of checkpoints (Remus, COLO) are not received; use the stock xl';

function registerReceive(program: Command, context: Context): void {
  const command = program
    .command('migrate-receive')
    .description('Receive a domain on standard input: run by xl migrate on the other host')
    .usage('[options]')
    .option('-F', 'run in the foreground')
    .option('-e', 'do not wait in the background for the death of the domain')
    .option('-d', 'compare the second pass over memory that xl migrate --debug sends')
    .option('-p', 'do not unpause the domain')
    .option('-v', 'print on standard error what arrives: the headers, each pass over memory, each record')
    .action(async (options: { p?: true; e?: true; v?: true; check?: boolean; arrivalsMax?: number }) => {
      const timeouts = targetTimeouts({ ...options });
      const most = arrivalsMax(options.arrivalsMax);
      if (options.check === true) {
        const { answerCheck } = await import('./answer-check.js');
        return answerCheck(context, timeouts.progress, most);
      }
      const { receive } = await import('./receive.js');
      const { p, e, v, check } = options;
      if (v === true) context.log.verbosity ||= 1;
      await receive(context, {
        paused: p === true,
        attend: e !== true,
        unchecked: check === false,
        arrivalsMax: most,
        timeouts,
      });
    });
  addCheckOptions(command, {
    check: 'receive nothing; answer the question of xl migrate --check on standard input',
    noCheck: 'also receive a domain that is known not to start here',
  });
  addArrivalsMax(command);
  addTargetTimeouts(command);
  setTraits(command, { surplus: 'failure' });
  refuseOptions(command, [
    { flags: '-r', why: OTHER_STREAM },
    { flags: '--colo', why: OTHER_STREAM },
    { flags: '--coloft-script <script>', why: OTHER_STREAM },
    { flags: '--userspace-colo-proxy', why: OTHER_STREAM },
  ]);
}
