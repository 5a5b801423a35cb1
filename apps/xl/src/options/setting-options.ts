/** The settings of precopy on the command lines of `migrate` and `migrate-set`: an option for each row. */
import type { SettingsChange } from '@mig/operator';
import {
  BANDWIDTH_EXPECTED,
  contradictionIn,
  contradictionText,
  expectedOf,
  optionOf,
  parseBandwidth,
  parseSetting,
  settingNames,
  settingRow,
  type SettingName,
  type Settings,
} from '@mig/sender/policy';
import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/**
 * The options of `migrate` that set something about precopy, as commander names them: flags are absent or
 * true.
 */
export type SettingOptions = Settings & { readonly policy?: string };

/** Word in place of a value: restores the default. */
const UNSET = 'none';

/** The options of `migrate-set`, as commander names them, with `UNSET` in place of a value. */
export type ChangeOptions = { readonly [K in SettingName]?: Settings[K] | typeof UNSET };

export function addSettingOptions(command: Command): void {
  for (const name of settingNames) command.addOption(optionFor(name));
  command.option('--policy <path>', 'a JavaScript module that decides when to suspend: see docs/policies.md');
}

export function addChangeOptions(command: Command): void {
  for (const name of settingNames) {
    const row = settingRow(name);
    if (!row.whileRunning) continue;
    const option = optionFor(name);
    const { parseArg } = option;
    if (parseArg) option.argParser((text, previous) => (text === UNSET ? UNSET : parseArg(text, previous)));
    command.addOption(option);
    if (row.kind === 'flag') command.option(optionOf(name).replace('--', '--no-'), row.negated);
  }
}

function optionFor(name: SettingName): Option {
  const row = settingRow(name);
  const letter = row.letter === undefined ? '' : `-${row.letter}, `;
  if (row.kind === 'flag') return new Option(letter + optionOf(name), row.help);
  const option = new Option(`${letter}${optionOf(name)} <${row.argument}>`, row.help);
  if (row.kind === 'word') option.choices(row.choice);
  return option.argParser(readerOf(optionOf(name), expectedOf(row), (text) => parseSetting(row, text)));
}

/**
 * Makes the function that reads an option's value, or refuses it by its name.
 * @param parse returns undefined for senseless text
 */
function readerOf<T>(
  option: string,
  expected: string,
  parse: (text: string) => T | undefined,
): (text: string) => T {
  return (text) => {
    const value = parse(text);
    if (value !== undefined) return value;
    throw new Failure(`${option} must be ${expected}, not '${text}'`, ExitStatus.usage);
  };
}

/** Picks the settings from a command's options. @throws Failure if they contradict each other */
export function settingsOf(options: SettingOptions): Settings {
  const given = settingNames.filter((name) => options[name] !== undefined);
  const settings: Settings = Object.fromEntries(given.map((name) => [name, options[name]]));
  const contradiction = contradictionIn(settings);
  if (contradiction !== undefined) {
    throw new Failure(contradictionText(contradiction, optionOf), ExitStatus.usage);
  }
  return settings;
}

/** Picks the change of settings from the options. @throws Failure if there is none */
export function changeOf(options: ChangeOptions): SettingsChange {
  const given = settingNames.filter((name) => options[name] !== undefined);
  if (given.length === 0) {
    throw new Failure(
      'migrate-set: give at least one setting to change, such as --bandwidth',
      ExitStatus.usage,
    );
  }
  return Object.fromEntries(given.map((name) => [name, options[name] === UNSET ? null : options[name]]));
}

/** Makes the function that reads an option's rate. @returns octets per second */
export function rateOf(option: string): (text: string) => number {
  return readerOf(option, BANDWIDTH_EXPECTED, parseBandwidth);
}
