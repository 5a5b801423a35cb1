/** The timeouts: an option and an environment variable for each, in seconds. */
import { type Command, Option } from 'commander';
import { TARGET_TIMEOUTS_DEFAULT, type TargetTimeouts } from '@mig/receiver/timeouts';
import { secondsIn } from '@mig/sender/policy';
import { SOURCE_TIMEOUTS_DEFAULT, type SourceTimeouts } from '@mig/sender/timeouts';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** Purpose of each timeout, to follow "seconds to wait". */
const sourceWaits: Record<keyof SourceTimeouts, string> = {
  banner: "for the target's first output, including the login",
  suspend: 'for the domain to acknowledge its suspend',
  progress: 'while the stream does not move',
  stopAndCopy: 'for the target to take the rest of the suspended domain',
  ready: 'for the target to complete its copy',
  report: "for the target's report on the domain's start",
  permissionBack: 'for the target to give its permission back',
};
const targetWaits: Record<keyof TargetTimeouts, string> = {
  progress: 'while the stream does not move',
  permission: 'for permission to start the domain',
};

export function addSourceTimeouts(command: Command, names = keys(sourceWaits)): void {
  for (const name of names) addTimeout(command, name, sourceWaits[name], SOURCE_TIMEOUTS_DEFAULT[name]);
}

export function addTargetTimeouts(command: Command, names = keys(targetWaits)): void {
  for (const name of names) addTimeout(command, name, targetWaits[name], TARGET_TIMEOUTS_DEFAULT[name]);
}

/** Picks the timeouts from a command's options, in milliseconds. */
export function sourceTimeouts(options: Readonly<Record<string, unknown>>): SourceTimeouts {
  return timeouts(options, SOURCE_TIMEOUTS_DEFAULT);
}

export function targetTimeouts(options: Readonly<Record<string, unknown>>): TargetTimeouts {
  return timeouts(options, TARGET_TIMEOUTS_DEFAULT);
}

function timeouts<T extends { readonly [K in keyof T]: number | undefined }>(
  options: Readonly<Record<string, unknown>>,
  defaults: T,
): T {
  const given = keys(defaults).map((name) => [name, options[`${name}Timeout`] ?? defaults[name]]);
  return Object.fromEntries(given) as T;
}

/** The default in words, if it depends on what is to be sent. */
const RECKONED = '60 s plus ten times the expected transfer time';

function addTimeout(command: Command, name: string, what: string, milliseconds: number | undefined): void {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const flag = `--${kebab}-timeout`;
  const variable = `MIG_${kebab.replaceAll('-', '_').toUpperCase()}_TIMEOUT`;
  const usually = milliseconds === undefined ? RECKONED : milliseconds / 1000;
  command.addOption(
    new Option(`${flag} <S>`, `seconds to wait ${what} (default ${usually}, or ${variable})`)
      .env(variable)
      .argParser((text) => inMilliseconds(text, `${flag} (or ${variable})`)),
  );
}

const LONGEST = 1e6;

/**
 * Converts text in seconds to milliseconds.
 * @param name the option's, for a refusal
 * @throws Failure
 */
export function inMilliseconds(text: string, name: string): number {
  const seconds = secondsIn(text);
  if (seconds > 0 && seconds <= LONGEST) return seconds * 1000;
  throw new Failure(
    `${name} must be a number of seconds above 0, at most ${LONGEST}, not '${text}'`,
    ExitStatus.usage,
  );
}

function keys<T extends object>(record: T): (keyof T & string)[] {
  return Object.keys(record) as (keyof T & string)[];
}
