/** Asks beforehand what cannot move: the checks of `xl migrate --check` for each domain, several at a time. */
import { choosePlacement, type FleetHost, type RunDomain, type Underway } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { checkMove } from '../commands/check.js';
import { describeError } from '../output/errors.js';
import { Failure } from '../output/failure.js';
import { atATime } from './at-a-time.js';

/** Checks that are made at a time. */
const AT_ONCE = 4;
/** Time for a check in milliseconds. */
const TIMEOUT = 120_000;
/** Checks that fail for a while only: the controller waits, or goes elsewhere. */
const PASSING = ['cordon', 'arrivals', 'reach'];

export interface Checked {
  readonly domain: RunDomain;
  /** Reasons why it cannot move; undefined if it can, as far as is known. */
  readonly why?: string | undefined;
}

/**
 * Checks each domain against the target where it would go, and against the others if that one would not take it.
 * @param domids by UUID
 */
export async function checkAll(
  host: Host,
  domains: readonly RunDomain[],
  targets: readonly FleetHost[],
  domids: ReadonlyMap<string, number>,
  sshCommand: string,
): Promise<Checked[]> {
  const placed: Underway[] = [];
  const results: Checked[] = [];
  const checkOne = async (first: RunDomain): Promise<Checked> => {
    let domain = first;
    for (;;) {
      const placement = choosePlacement(domain, { targets, underway: placed, in: Infinity }, domain.unfit);
      if (placement.kind !== 'target')
        return { domain, why: placement.kind === 'none' ? placement.why : undefined };
      const { target } = placement;
      const reservation = { domain, target };
      placed.push(reservation);
      const { here, there } = await check(host, domids.get(domain.uuid), target, sshCommand);
      if (here !== undefined) return { domain, why: here };
      if (there === undefined) return { domain };
      placed.splice(placed.indexOf(reservation), 1);
      domain = { ...domain, unfit: { ...domain.unfit, [target]: there } };
    }
  };
  await atATime(AT_ONCE, domains, async (domain, at) => {
    results[at] = await checkOne(domain);
  });
  return results;
}

/** @returns sentences of what has failed at either end */
async function check(host: Host, domid: number | undefined, target: string, sshCommand: string) {
  if (domid === undefined) return { here: 'it is not here any more' };
  try {
    const whyNotLive = host.whyNotLive?.(domid);
    const route = { sshCommand, host: target, timeout: TIMEOUT };
    const checks = await checkMove(host, domid, route, { live: whyNotLive === undefined });
    const failed = (end: string) =>
      checks
        .filter(({ at, check, outcome }) => at === end && outcome === 'failed' && !PASSING.includes(check))
        .map(({ sentence }) => sentence)
        .join('; ') || undefined;
    return { here: failed('source'), there: failed('target') };
  } catch (error) {
    if (error instanceof Failure) throw error;
    return { here: describeError(error) };
  }
}
