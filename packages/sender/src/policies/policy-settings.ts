/** The policies of mig as one set of settings: what options, environment and operator may say. */
import type { PrecopyPolicy } from '@mig/hypervisor';
import { abortIfBusy, firstOf } from './compose.js';
import { abortOutOfReach, dirtyThreshold, fewPagesOutOfReach, maxDowntime } from './goals.js';
import { iterationLimit, stallLimit, timeLimit } from './limits.js';
import { DIRTY_THRESHOLD_DEFAULT, PRECOPY_ITERATIONS_DEFAULT } from './simple-policy.js';

/** Live passes at most where a goal was set and no number of passes: what a guest that alternates may need. */
export const GOAL_ITERATIONS_DEFAULT = 30;

export type TimeoutAction = 'suspend' | 'abort';

/** Absent is unset: each has its default in `policyFor`. */
export interface PolicySettings {
  /** Live passes at most. */
  readonly precopyIterations?: number | undefined;
  /** Pages. */
  readonly precopyThreshold?: number | undefined;
  /** Milliseconds that the guest may stand still. */
  readonly maxDowntime?: number | undefined;
  /** Aborts where a limit is reached before a goal. */
  readonly abortIfBusy?: boolean | undefined;
  /** Milliseconds of precopy. */
  readonly timeout?: number | undefined;
  readonly timeoutAction?: TimeoutAction | undefined;
}

/**
 * Goals end precopy because little enough is left: `precopyThreshold`, `maxDowntime`. Limits end it because it has cost
 * enough: `precopyIterations`, `timeout`; and a stall, where there is a goal that it keeps out of reach and nobody has
 * said how long to try, or where busy domains are to be left alone.
 * @param own decides beside those of the settings that were given; no default is then added to them
 */
export function policyFor(settings: PolicySettings, own?: PrecopyPolicy): PrecopyPolicy {
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
  const untold = settings.precopyIterations === undefined && timeout === undefined;
  if (busy || (downtime !== undefined && untold && own === undefined)) limits.push(stallLimit());
  if (precopyIterations !== undefined) limits.push(iterationLimit(precopyIterations));
  if (timeout !== undefined) limits.push(timeLimit(timeout, timeoutAction ?? 'suspend'));

  const owns = own === undefined ? [] : [own];
  return busy
    ? abortIfBusy(firstOf(...goals, ...owns), firstOf(...limits))
    : firstOf(...goals, ...limits, ...owns);
}

/** The downtime that is a condition, in milliseconds: with `abortIfBusy`, and where nothing else could be a goal. */
export function downtimeCondition(
  { maxDowntime, abortIfBusy, precopyThreshold }: PolicySettings,
  hasOwnPolicy: boolean,
): number | undefined {
  return abortIfBusy === true && precopyThreshold === undefined && !hasOwnPolicy ? maxDowntime : undefined;
}

/** The goals and limits that hold where no policy of one's own decides as well. */
export function withDefaults({ precopyIterations, precopyThreshold, maxDowntime, timeout }: PolicySettings) {
  const stock = maxDowntime === undefined && timeout === undefined;
  return {
    precopyIterations: precopyIterations ?? (stock ? PRECOPY_ITERATIONS_DEFAULT : GOAL_ITERATIONS_DEFAULT),
    precopyThreshold: precopyThreshold ?? (maxDowntime === undefined ? DIRTY_THRESHOLD_DEFAULT : undefined),
  };
}

/** What is said of the bandwidth, as far as it was. */
interface BandwidthSettings {
  /** Octets per second. */
  readonly bandwidth?: number | undefined;
  readonly always?: boolean | undefined;
}

/** What contradicts itself in the settings, as a sentence with the names of the options; undefined where nothing does. */
export function contradiction(
  settings: PolicySettings,
  { bandwidth, always }: BandwidthSettings = {},
): string | undefined {
  const { precopyIterations, abortIfBusy: busy, timeout, timeoutAction } = settings;
  if (busy === true && precopyIterations === 0) {
    return '--abort-if-busy with --precopy-iterations 0: a domain that is suspended at once is never found busy';
  }
  if (timeoutAction !== undefined && timeout === undefined) {
    return '--timeout-action without --timeout: there is nothing to act on';
  }
  if (always === true && bandwidth === undefined) {
    return '--bandwidth-always without --bandwidth: there is no limit to hold';
  }
  return undefined;
}
