/** What the operator says of precopy on the command line of `migrate`. */
import type { Bandwidth } from '@mig/hypervisor';
import {
  BANDWIDTH_EXPECTED,
  contradiction,
  DIRTY_THRESHOLD_DEFAULT,
  GOAL_ITERATIONS_DEFAULT,
  parseBandwidth,
  PRECOPY_ITERATIONS_DEFAULT,
  type PolicySettings,
  type TimeoutAction,
} from '@mig/sender/policy';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../commands/whole-number.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { inMilliseconds } from './timeout-options.js';

export interface PolicyOptions {
  readonly precopyIterations?: number;
  readonly precopyThreshold?: number;
  readonly maxDowntime?: number;
  readonly abortIfBusy?: true;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly timeoutAction?: TimeoutAction;
  /** Octets per second. */
  readonly bandwidth?: number;
  readonly bandwidthAlways?: true;
  readonly policy?: string;
}

const ANY = Number.MAX_SAFE_INTEGER;
const LONGEST_DOWNTIME = 1e9;

export function addPolicyOptions(command: Command): void {
  addChangeableOptions(command);
  command
    .addOption(
      new Option(
        '--timeout-action <what>',
        'what --timeout does: suspend the domain as it is (default), or abort',
      ).argParser(choice('--timeout-action', ['suspend', 'abort'])),
    )
    .option(
      '--abort-if-busy',
      'where a limit is reached before a goal, or --max-downtime is out of reach, leave the domain running here',
    )
    .option('--bandwidth-always', 'the bandwidth holds for stop-and-copy, too')
    .option('--policy <path>', 'a module that decides instead: see docs/policies.md');
}

/** Those that may also change while a migration runs. */
export function addChangeableOptions(command: Command): void {
  command
    .option(
      '-i, --precopy-iterations <N>',
      `limit: at most N live passes over memory (default ${PRECOPY_ITERATIONS_DEFAULT}; ${GOAL_ITERATIONS_DEFAULT} with ` +
        '--max-downtime or --timeout); 0 suspends before a page is sent',
      wholeNumber('--precopy-iterations', 0, ANY),
    )
    .option(
      '-d, --precopy-threshold <N>',
      `goal: end the live passes once at most N pages are dirty (default ${DIRTY_THRESHOLD_DEFAULT}, none with --max-downtime)`,
      wholeNumber('--precopy-threshold', 0, ANY),
    )
    .option(
      '--max-downtime <MS>',
      'goal: end the live passes once the estimated downtime is at most MS milliseconds',
      wholeNumber('--max-downtime', 1, LONGEST_DOWNTIME),
    )
    .option('--timeout <S>', 'limit: end the live passes after S seconds', (text) =>
      inMilliseconds(text, '--timeout'),
    )
    .option(
      '--bandwidth <rate>',
      'send no faster while the domain runs, but for bursts that measure the line and are made up for: 100Mbit/s, 12.5MB/s',
      rateOf('--bandwidth'),
    );
}

/** @throws Failure where the options contradict each other */
export function policySettings(options: PolicyOptions): PolicySettings {
  const { precopyIterations, precopyThreshold, maxDowntime, abortIfBusy, timeout, timeoutAction } = options;
  const settings = { precopyIterations, precopyThreshold, maxDowntime, abortIfBusy, timeout, timeoutAction };
  const { bandwidth, bandwidthAlways: always } = options;
  const nonsense = contradiction(settings, { bandwidth, always });
  if (nonsense !== undefined) throw new Failure(nonsense, ExitStatus.usage);
  return settings;
}

export function bandwidthLimit({ bandwidth, bandwidthAlways }: PolicyOptions): Bandwidth | undefined {
  return bandwidth === undefined
    ? undefined
    : { octetsPerSecond: bandwidth, always: bandwidthAlways === true };
}

/** @returns what reads an option's rate, as octets per second */
export function rateOf(option: string): (text: string) => number {
  return (text) => {
    const octetsPerSecond = parseBandwidth(text);
    if (octetsPerSecond !== undefined) return octetsPerSecond;
    throw new Failure(`${option} must be ${BANDWIDTH_EXPECTED}, not '${text}'`, ExitStatus.usage);
  };
}

export function choice(option: string, words: readonly string[]): (text: string) => string {
  return (text) => {
    if (words.includes(text)) return text;
    throw new Failure(`${option} must be ${words.join(' or ')}, not '${text}'`, ExitStatus.usage);
  };
}
