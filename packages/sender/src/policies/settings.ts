/**
 * The settings of precopy, one row each: what an operator may set on the command line, in the environment,
 * and during a migration. Options, variables, operator messages, traces and the documents' tables derive
 * from these rows.
 */
import type { Bandwidth, PrecopyPolicy } from '@mig/hypervisor';
import { bandwidthText, LEAST_BANDWIDTH, MOST_BANDWIDTH } from './bandwidth-text.js';
import { abortIfBusy, firstOf } from './compose.js';
import { abortOutOfReach, dirtyThreshold, fewPagesOutOfReach, maxDowntime } from './goals.js';
import { iterationLimit, STALL_PASSES_DEFAULT, stallLimit, timeLimit } from './limits.js';
import type { SettingRow, ValueOf } from './setting-row.js';
import { DIRTY_THRESHOLD_DEFAULT, PRECOPY_ITERATIONS_DEFAULT } from './simple-policy.js';

/**
 * Most live passes if a goal was set and no number of passes: enough for a guest that alternates between
 * busy and quiet.
 */
export const GOAL_ITERATIONS_DEFAULT = 30;

const ANY = Number.MAX_SAFE_INTEGER;

export const settingTable = {
  precopyIterations: {
    kind: 'count',
    unit: 'passes',
    least: 0,
    most: ANY,
    example: '10',
    role: 'limit',
    whileRunning: true,
    letter: 'i',
    argument: 'N',
    field: 1,
    help:
      `limit: at most N live passes over memory (default ${PRECOPY_ITERATIONS_DEFAULT}; ${GOAL_ITERATIONS_DEFAULT} with ` +
      '--max-downtime or --timeout); 0 suspends before a page is sent',
    page:
      'limit: at most N live passes over memory (default 5; 30 with `--max-downtime` or `--timeout`). 0 suspends the domain ' +
      'before a page is sent',
    words: (passes: number) => `${passes} live passes`,
  },
  precopyThreshold: {
    kind: 'count',
    unit: 'pages',
    least: 0,
    most: ANY,
    example: '50',
    role: 'goal',
    whileRunning: true,
    letter: 'd',
    argument: 'N',
    field: 2,
    help: `goal: end the live passes once at most N pages are dirty (default ${DIRTY_THRESHOLD_DEFAULT}, none with --max-downtime)`,
    page:
      'goal: ends the live passes once at most N pages are dirty, but not before the first pass (default 50; none with ' +
      '`--max-downtime`, with [one exception](policies.md#--max-downtime-ms))',
    words: (pages: number) => `at most ${pages} pages dirty`,
  },
  maxDowntime: {
    kind: 'milliseconds',
    unit: 'milliseconds',
    least: 1,
    most: 1e9,
    example: '300',
    role: 'goal',
    whileRunning: true,
    argument: 'MS',
    field: 3,
    wire: 'maxDowntimeMilliseconds',
    help: 'goal: end the live passes once the estimated downtime is at most MS milliseconds',
    page: 'goal: ends the live passes once the estimated downtime is at most MS milliseconds',
    words: (milliseconds: number) => `an estimated downtime of at most ${Math.round(milliseconds)} ms`,
  },
  timeout: {
    kind: 'seconds',
    unit: 'milliseconds',
    least: 0,
    most: 1e9,
    example: '60',
    role: 'limit',
    whileRunning: true,
    argument: 'S',
    field: 5,
    wire: 'timeoutMilliseconds',
    help: 'limit: end the live passes after S seconds',
    page: 'limit: ends the live passes after S seconds, if necessary in the middle of a pass',
    words: (milliseconds: number, { timeoutAction = 'suspend' }: { timeoutAction?: string | undefined }) =>
      `${milliseconds / 1000} s of precopy, then ${timeoutAction}`,
  },
  bandwidth: {
    kind: 'rate',
    unit: 'bytes per second',
    least: LEAST_BANDWIDTH,
    most: MOST_BANDWIDTH,
    example: '100Mbit/s',
    role: 'bandwidth',
    whileRunning: true,
    argument: 'rate',
    field: 7,
    help: 'send no faster than this while the domain runs, except for bursts that measure the line: 100Mbit/s, 12.5MB/s',
    page:
      'sends no faster than this while the domain runs, except for [bursts that measure the ' +
      'line](policies.md#--bandwidth-rate---bandwidth-always) with `--max-downtime` and `--policy`: `100Mbit/s`, `1Gbit/s`, ' +
      '`12.5MB/s`, `10MiB/s`',
    words: (octets: number, { bandwidthAlways }: { bandwidthAlways?: boolean | undefined }) =>
      bandwidthText(octets) + (bandwidthAlways === true ? ', of the suspended domain, too' : ''),
  },
  stallPasses: {
    kind: 'count',
    unit: 'passes',
    least: 1,
    // The counts of a hundred passes are kept.
    most: 99,
    example: '5',
    role: 'limit',
    whileRunning: true,
    argument: 'N',
    field: 9,
    help:
      `limit: end the live passes once N in a row, over a second or more, have not reduced the dirty pages (default ` +
      `${STALL_PASSES_DEFAULT} if a stall counts: with --max-downtime alone or --abort-if-busy)`,
    page:
      'limit: ends the live passes once N in a row, over a second or more, have not reduced the number of dirty pages (default ' +
      '3 if a [stall](policies.md#stall) counts)',
    words: (passes: number) => `${passes} passes in a row that reduce nothing`,
  },
  timeoutAction: {
    kind: 'word',
    choice: ['suspend', 'abort'],
    role: 'limit',
    whileRunning: true,
    argument: 'what',
    field: 6,
    changes: 'timeout',
    without: 'there is nothing to act on',
    help: 'what --timeout does: suspend the domain as it is (default), or abort',
    page: 'what `--timeout` does (default `suspend`)',
  },
  abortIfBusy: {
    kind: 'flag',
    role: 'limit',
    whileRunning: true,
    field: 4,
    help: 'if a limit is reached before a goal, or --max-downtime is out of reach, leave the domain running here',
    negated: 'if a limit is reached before a goal, suspend the domain and move it',
    page:
      'leaves the domain running here if a limit is reached before a goal, further passes cannot reach the goal, or the suspend ' +
      'itself costs as much as `--max-downtime`, the only goal: exit status 6, but 7 after `--timeout-action abort`',
    words: (busy: boolean) => busy && 'where one is reached first, the domain is left running here',
  },
  bandwidthAlways: {
    kind: 'flag',
    role: 'bandwidth',
    whileRunning: true,
    field: 8,
    changes: 'bandwidth',
    without: 'there is no limit to hold',
    help: 'with --bandwidth: the limit also applies while the domain is suspended',
    negated: 'the limit ends when the domain is suspended',
    page: 'the bandwidth also applies once the domain is suspended',
  },
} as const satisfies Readonly<Record<string, SettingRow>>;

export type SettingName = keyof typeof settingTable;

/** The given settings, in the rows' units. Absent is unset: each has its default in `policyFor`. */
export type Settings = { readonly [K in SettingName]?: ValueOf<(typeof settingTable)[K]> | undefined };

export const settingNames = Object.keys(settingTable) as SettingName[];

/** The row of a setting, without what is special about its type. */
export function settingRow(name: SettingName): SettingRow & { readonly changes?: SettingName } {
  return settingTable[name];
}

/** The name of the operator's message field and of the member in JSON, such as "maxDowntimeMilliseconds". */
export function wireNameOf(name: SettingName): string {
  return settingRow(name).wire ?? name;
}

/**
 * Makes the policy that keeps to the settings. Goals end precopy because little enough is left:
 * `precopyThreshold`, `maxDowntime`. Limits end it because it has cost enough: `precopyIterations`,
 * `timeout`. A stall is a limit, too: with `abortIfBusy`, or with a goal if neither iterations nor a
 * timeout is set.
 * @param own decides beside the policies of the given settings; then no default is added
 */
export function policyFor(settings: Settings, own?: PrecopyPolicy): PrecopyPolicy {
  const { maxDowntime: downtime, timeout, timeoutAction } = settings;
  const { precopyIterations, precopyThreshold } = own === undefined ? withDefaults(settings) : settings;
  const busy = settings.abortIfBusy ?? false;
  const goals: PrecopyPolicy[] = [];
  if (downtime !== undefined) goals.push(maxDowntime(downtime));
  if (precopyThreshold !== undefined) goals.push(dirtyThreshold(precopyThreshold));
  else if (downtime !== undefined && own === undefined && !busy) {
    goals.push(fewPagesOutOfReach(downtime, DIRTY_THRESHOLD_DEFAULT));
  }

  const limits: PrecopyPolicy[] = [];
  const condition = downtimeCondition(settings, own !== undefined);
  if (condition !== undefined) limits.push(abortOutOfReach(condition));
  const isUnlimited = settings.precopyIterations === undefined && timeout === undefined;
  const stalls = busy || (downtime !== undefined && isUnlimited && own === undefined);
  if (stalls || settings.stallPasses !== undefined) limits.push(stallLimit(settings.stallPasses));
  if (precopyIterations !== undefined) limits.push(iterationLimit(precopyIterations));
  if (timeout !== undefined) limits.push(timeLimit(timeout, timeoutAction ?? 'suspend'));

  const ownPolicies = own === undefined ? [] : [own];
  return busy
    ? abortIfBusy(firstOf(...goals, ...ownPolicies), firstOf(...limits))
    : firstOf(...goals, ...limits, ...ownPolicies);
}

/** The downtime that is a condition, in milliseconds: with `abortIfBusy`, if nothing else could be a goal. */
export function downtimeCondition(
  { maxDowntime, abortIfBusy, precopyThreshold }: Settings,
  hasOwnPolicy: boolean,
): number | undefined {
  return abortIfBusy === true && precopyThreshold === undefined && !hasOwnPolicy ? maxDowntime : undefined;
}

/** Adds the goals and limits that apply unless the operator's own policy decides as well. */
export function withDefaults(settings: Settings): Settings {
  const { precopyIterations, precopyThreshold, maxDowntime, timeout } = settings;
  const stock = maxDowntime === undefined && timeout === undefined;
  return {
    ...settings,
    precopyIterations: precopyIterations ?? (stock ? PRECOPY_ITERATIONS_DEFAULT : GOAL_ITERATIONS_DEFAULT),
    precopyThreshold: precopyThreshold ?? (maxDowntime === undefined ? DIRTY_THRESHOLD_DEFAULT : undefined),
  };
}

/**
 * The bandwidth of the settings.
 * @param hasOwnPolicy such a policy may ask for a downtime as well
 */
export function bandwidthOf(
  { bandwidth, bandwidthAlways, maxDowntime }: Settings,
  hasOwnPolicy = false,
): Bandwidth | undefined {
  if (bandwidth === undefined) return undefined;
  const probe = maxDowntime !== undefined || hasOwnPolicy;
  return { octetsPerSecond: bandwidth, always: bandwidthAlways === true, probe };
}

/** Two settings that contradict each other. */
export interface Contradiction {
  readonly code: 'nothing-to-change' | 'never-found-busy';
  readonly settings: readonly [SettingName, SettingName];
}

/**
 * Finds a contradiction in the settings.
 * @returns undefined if there is none
 */
export function contradictionIn(settings: Settings): Contradiction | undefined {
  if (settings.abortIfBusy === true && settings.precopyIterations === 0) {
    return { code: 'never-found-busy', settings: ['abortIfBusy', 'precopyIterations'] };
  }
  for (const name of settingNames) {
    const { changes } = settingRow(name);
    const says = settings[name] !== undefined && settings[name] !== false;
    if (changes !== undefined && says && settings[changes] === undefined) {
      return { code: 'nothing-to-change', settings: [name, changes] };
    }
  }
  return undefined;
}

/**
 * Words a contradiction.
 * @param called names a setting as the user wrote it: `optionOf` or `variableOf`
 */
export function contradictionText(
  { code, settings }: Contradiction,
  called: (name: SettingName) => string,
): string {
  const [first, second] = settings;
  switch (code) {
    case 'never-found-busy':
      return `${called(first)} with ${called(second)} 0: a domain that is suspended at once is never found busy`;
    case 'nothing-to-change':
      return `${called(first)} without ${called(second)}: ${settingRow(first).without ?? ''}`;
  }
}
