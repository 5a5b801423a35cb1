/** What the operator may change while a migration runs, on the command line of `migrate-set`. */
import type { CourseChange } from '@mig/sender/operator';
import { type Command, Option } from 'commander';
import { addChangeableOptions, choice } from '../migrate/policy-options.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** In place of a value: as if nothing had been said. */
const UNSET = 'none';
type Unset = typeof UNSET;

export interface ChangeOptions {
  readonly precopyIterations?: number | Unset;
  readonly precopyThreshold?: number | Unset;
  readonly maxDowntime?: number | Unset;
  /** Milliseconds. */
  readonly timeout?: number | Unset;
  readonly timeoutAction?: 'suspend' | 'abort' | Unset;
  readonly abortIfBusy?: boolean;
  /** Octets per second. */
  readonly bandwidth?: number | Unset;
  readonly bandwidthAlways?: boolean;
}

export function addChangeOptions(command: Command): void {
  addChangeableOptions(command);
  command.addOption(
    new Option('--timeout-action <what>', 'what --timeout does: suspend or abort').argParser(
      choice('--timeout-action', ['suspend', 'abort']),
    ),
  );
  for (const option of command.options) {
    const { parseArg } = option;
    option.argParser((text, previous) => (text === UNSET ? UNSET : parseArg?.(text, previous)));
  }
  command
    .option('--abort-if-busy', 'where a limit is reached before a goal, leave the domain running here')
    .option('--no-abort-if-busy', 'suspend it then')
    .option('--bandwidth-always', 'the bandwidth holds for stop-and-copy, too')
    .option('--no-bandwidth-always', 'the bandwidth is lifted for stop-and-copy');
}

/** @throws Failure where there is none */
export function changeOf({ maxDowntime, timeout, ...same }: ChangeOptions): CourseChange {
  const given = Object.entries({
    ...same,
    maxDowntimeMilliseconds: maxDowntime,
    timeoutMilliseconds: timeout,
  })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, value === UNSET ? null : value] as const);
  if (given.length > 0) return Object.fromEntries(given);
  throw new Failure('migrate-set: say what is to change, --bandwidth or another', ExitStatus.usage);
}
