/** Asks beforehand what cannot move: the checks of `xl migrate --check` for each domain, several at a time. */
import { type FleetHost, planMoves, type RunDomain, usualOptions } from '@mig/fleet';
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
 * Checks each domain against the target where it would go. Where one would not take it, all are planned anew, and what
 * that changes is checked.
 * @param domids by UUID
 */
export async function checkAll(
  host: Host,
  domains: readonly RunDomain[],
  targets: readonly FleetHost[],
  domids: ReadonlyMap<string, number>,
  sshCommand: string,
): Promise<Checked[]> {
  const results = new Map<string, Checked>(domains.map((domain) => [domain.uuid, { domain }]));
  const checked = new Set<string>();
  for (;;) {
    const open = [...results.values()].filter(({ why }) => why === undefined).map(({ domain }) => domain);
    const moves = planMoves(open, targets, usualOptions);
    const unchecked = moves.flatMap(({ uuid, target }) =>
      target === undefined || checked.has(`${uuid} ${target}`) ? [] : [{ uuid, target }],
    );
    if (unchecked.length === 0) {
      for (const { uuid, why } of moves) results.set(uuid, { ...results.get(uuid)!, why });
      return [...results.values()];
    }
    await atATime(AT_ONCE, unchecked, async ({ uuid, target }) => {
      const { here, there } = await check(host, domids.get(uuid), target, sshCommand);
      checked.add(`${uuid} ${target}`);
      const { domain } = results.get(uuid)!;
      const unfit = there === undefined ? domain.unfit : { ...domain.unfit, [target]: there };
      results.set(uuid, { domain: { ...domain, unfit }, why: here });
    });
  }
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
