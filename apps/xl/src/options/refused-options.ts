/** Options of stock `xl` that cannot be honoured here: refused by name, never ignored. */
import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export interface RefusedOption {
  readonly flags: string;
  /** The reason, which completes "-c is not supported: ...". */
  readonly why: string;
}

export function refuseOptions(command: Command, refused: readonly RefusedOption[]): void {
  for (const { flags, why } of refused) {
    const option = new Option(flags).hideHelp();
    const [name] = flags.split(/[ ,]/, 1);
    command.addOption(option).on(`option:${option.name()}`, () => {
      throw new Failure(`${command.name()} ${name} is not supported: ${why}`, ExitStatus.usage);
    });
  }
}

/** Adds options that change nothing here, and that scripts may give. */
export function ignoreOptions(command: Command, flags: readonly string[]): void {
  for (const each of flags) command.addOption(new Option(each).hideHelp());
}
