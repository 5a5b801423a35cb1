import type { Command } from 'commander';
import { Failure } from '../output/failure.js';
import type { Context } from '../host/context.js';
import { forgetMove } from '../host/moved-domains.js';
import { ignoreOptions, refuseOptions } from '../options/refused-options.js';
import { setTraits } from '../options/traits.js';
import { withUsage } from '../options/usage.js';

interface CreateOptions {
  p?: true;
  quiet?: true;
  defconfig?: string;
  dryrun?: true;
  d?: true;
}

export function registerCreate(program: Command, context: Context): void {
  const command = program
    .command('create')
    .description('Create a domain from config file <filename>')
    .usage('<ConfigFile> [options] [vars]')
    .argument('[operands...]')
    .option('-p', 'leave the domain paused')
    .option('-q, --quiet', 'do not print which configuration file is read')
    .option('-f, --defconfig <FILE>', 'read this configuration')
    .option('-n, --dryrun', 'print the resulting configuration, create nothing')
    .option('-d', 'print the resulting configuration on stderr')
    .action((operands: string[], options: CreateOptions) => create(context, command, operands, options));
  setTraits(command, { modifies: true, dryRun: true });
  ignoreOptions(command, [
    { flags: '-e', why: 'no process waits for the end of a domain' },
    { flags: '-i, --ignore-global-affinity-masks', why: 'no xl.conf is read, which would have any' },
  ]);
  refuseOptions(command, [
    { flags: '-c', why: "follow the console with 'xl console -f' once the domain is created" },
    {
      flags: '-F',
      why: "a domain here needs nobody to wait for it; 'xl console -f' lasts as long as the domain",
    },
    { flags: '-V, --vncviewer', why: 'a wasm domain has no display' },
    { flags: '-A, --vncviewer-autopass', why: 'a wasm domain has no display' },
  ]);
}

async function create(
  context: Context,
  command: Command,
  operands: string[],
  options: CreateOptions,
): Promise<void> {
  const overrides = operands.filter((operand) => operand.includes('='));
  const files = operands.filter((operand) => !operand.includes('='));
  if (options.defconfig !== undefined) files.unshift(options.defconfig);
  const [file, ...surplus] = files;
  if (file === undefined) throw new Failure('Config file not specified');
  if (surplus.length > 0)
    throw withUsage(command, `'xl create' takes one configuration, not also '${surplus.join("' '")}'.`);
  const { json, name, warnings } = await read(context, file, overrides, options.quiet);
  for (const warning of warnings) context.log.warning(warning);

  const dryRun = options.dryrun ?? context.global.dryRun;
  if (options.d && !dryRun) context.log.json(JSON.parse(json));
  if (dryRun) {
    context.output.json(JSON.parse(json));
    return;
  }
  const host = await context.openLocalHost();
  const domid = host.create(json, { paused: options.p ?? false });
  forgetMove(host, name);
  context.log.detail(`xl: domain ${name} has domid ${domid}`);
}

async function read(context: Context, file: string, overrides: readonly string[], quiet = false) {
  const [{ readConfigurationFile }, { parseConfiguration, parseOverrides }, { domainConfiguration }] =
    await Promise.all([
      import('../configuration/configuration-file.js'),
      import('../configuration/parser.js'),
      import('../configuration/domain-configuration.js'),
    ]);
  const text = readConfigurationFile(file);
  if (!quiet) context.log.line(`Parsing config from ${file}`);
  return domainConfiguration(parseOverrides(overrides, parseConfiguration(text, file)));
}
