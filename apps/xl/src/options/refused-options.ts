/** Options of stock `xl`, or of another command, that are not honoured here: each is refused by name, or changes nothing, for a reason. */
import { type Command, Option } from 'commander';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export interface OptionOfStock {
  readonly flags: string;
  /** The reason, which completes "-c is not supported: ..." or "-e changes nothing: ...". */
  readonly why: string;
}

export interface Handling {
  readonly kind: 'refused' | 'ignored';
  readonly why: string;
}

const handlings = new WeakMap<Option, Handling>();

/** Returns what is done with an option of stock that is not honoured. */
export function handlingOf(option: Option): Handling | undefined {
  return handlings.get(option);
}

export function refuseOptions(command: Command, refused: readonly OptionOfStock[]): void {
  for (const { flags, why } of refused) {
    const option = new Option(flags).hideHelp();
    handlings.set(option, { kind: 'refused', why });
    const [name] = flags.split(/[ ,]/, 1);
    command.addOption(option).on(`option:${option.name()}`, () => {
      throw new Failure(`${command.name()} ${name} is not supported: ${why}`, ExitStatus.usage);
    });
  }
}

/** Adds options that change nothing here, and that scripts may give. */
export function ignoreOptions(command: Command, ignored: readonly OptionOfStock[]): void {
  for (const { flags, why } of ignored) {
    const option = new Option(flags).hideHelp();
    handlings.set(option, { kind: 'ignored', why });
    command.addOption(option);
  }
}
