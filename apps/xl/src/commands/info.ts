import { availableParallelism, freemem, hostname, machine, release, totalmem, version } from 'node:os';
import { type ArrivalsNow, cordonWords, type HostInfo } from '@mig/hypervisor';
import type { Command } from 'commander';
import type { Context } from '../host/context.js';
import { refuseOptions } from '../options/refused-options.js';
import { setTraits } from '../options/traits.js';
import { ownVersion } from '../host/own-version.js';

const MIB = 2 ** 20;

export function registerInfo(program: Command, context: Context): void {
  const command = program
    .command('info')
    .description('Get information about the host and its hypervisor')
    .usage('[options] [Field]')
    .argument('[field]')
    .option('--json', 'print it as JSON')
    .action(async (field: string | undefined, options: { json?: true }) => {
      const host = await context.openHost();
      const fields = infoFields(host.info(), host.arrivals.now());
      if (options.json) {
        context.output.json(Object.fromEntries(fields));
        return;
      }
      for (const [name, value] of fields) {
        // As stock does: the values alone of all fields whose names begin with it.
        if (field === undefined) context.output.line(`${name.padEnd(22)} : ${value}`);
        else if (name.startsWith(field)) context.output.line(String(value));
      }
    });
  setTraits(command, { surplus: 'ignored' });
  refuseOptions(command, [
    { flags: '-n, --numa', why: 'this hypervisor places domains on no NUMA node' },
    { flags: '-x, --xenstore', why: 'this hypervisor has no xenstore' },
  ]);
}

/** Builds the fields: stock's, under stock's names, then ours. */
export function infoFields(info: HostInfo, { cordon }: ArrivalsNow): ReadonlyMap<string, string | number> {
  const { hypervisor, version: hypervisorVersion, whyNoLogDirty, details } = info;
  return new Map<string, string | number>([
    ['host', hostname()],
    ['release', release()],
    ['version', version()],
    ['machine', machine()],
    ['nr_cpus', availableParallelism()],
    ['total_memory', Math.floor(totalmem() / MIB)],
    ['free_memory', Math.floor(freemem() / MIB)],
    ['hypervisor', hypervisor],
    ['hypervisor_version', hypervisorVersion],
    ['log_dirty', whyNoLogDirty === undefined ? 'yes' : `no: ${whyNoLogDirty}`],
    ['arrivals', cordon === undefined ? 'yes' : `no: ${cordonWords(cordon)}`],
    // Details of the hypervisor override ours.
    ...Object.entries(details),
    ['node', process.version],
    ['mig_version', ownVersion()],
  ]);
}
