/**
 * The number of domains that may arrive at once: an option of `migrate-receive`, else a variable, else the same
 * variable in the file of mig's settings, because a login by ssh brings no environment along.
 */
import { readSettingsFile } from '@mig/hypervisor-xen/settings-file';
import { undecodedVariable } from '@mig/posix/places';
import { type Command, Option } from 'commander';
import { Failure } from '../output/failure.js';
import { wholeNumber } from './whole-number.js';

const VARIABLE = 'MIG_ARRIVALS_MAX';
const MOST = 10_000;

export function addArrivalsMax(command: Command): void {
  command.addOption(
    new Option(
      '--arrivals-max <N>',
      `domains that may arrive here at once (default: any number, or ${VARIABLE})`,
    )
      .env(VARIABLE)
      .argParser(wholeNumber(`--arrivals-max (or ${VARIABLE})`, 1, MOST)),
  );
}

/** @param given the option's value @returns undefined where there is no limit @throws Failure */
export function arrivalsMax(given: number | undefined, environment = process.env): number | undefined {
  if (given !== undefined) return given;
  const named = environment['MIG_SETTINGS'];
  const lost = named && undecodedVariable('MIG_SETTINGS', named);
  if (lost) throw new Failure(`MIG_SETTINGS is not UTF-8: '${lost}'`);
  const { path, variables } = readSettingsFile(named);
  const text = variables[VARIABLE];
  return text === undefined ? undefined : wholeNumber(`${VARIABLE} (in ${path})`, 1, MOST)(text);
}
