/** Asks beforehand what cannot move: `xl migrate --check` of each domain, several at a time. */
import { choosePlacement, type FleetHost, type RunDomain, type Underway } from '@mig/fleet';
import { spawn } from 'node:child_process';
import { OWN } from './attempts.js';
import { answerOf } from './remote.js';

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
  domains: readonly RunDomain[],
  targets: readonly FleetHost[],
  domids: ReadonlyMap<string, number>,
  sshCommand: string,
): Promise<Checked[]> {
  const placed: Underway[] = [];
  const results: Checked[] = [];
  const queue = [...domains.entries()];
  const worker = async () => {
    for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
      const [at, domain] = entry;
      results[at] = await checkOne(domain);
    }
  };
  const checkOne = async (first: RunDomain): Promise<Checked> => {
    let domain = first;
    for (;;) {
      const placement = choosePlacement(domain, { targets, underway: placed, in: Infinity }, domain.unfit);
      if (placement.kind !== 'target')
        return { domain, why: placement.kind === 'none' ? placement.why : undefined };
      const { target } = placement;
      const reservation = { domain, target };
      placed.push(reservation);
      const { here, there } = await check(domids.get(domain.uuid), target, sshCommand);
      if (here !== undefined) return { domain, why: here };
      if (there === undefined) return { domain };
      placed.splice(placed.indexOf(reservation), 1);
      domain = { ...domain, unfit: { ...domain.unfit, [target]: there } };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

interface Answered {
  readonly checks: readonly {
    readonly at: string;
    readonly check: string;
    readonly outcome: string;
    readonly sentence: string;
  }[];
}

/** @returns sentences of what has failed at either end */
async function check(domid: number | undefined, target: string, sshCommand: string) {
  const args = ['migrate', '--check', '--json', '-s', sshCommand, '--', String(domid), target];
  const child = spawn(process.execPath, [...OWN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { stdout, words } = await answerOf(child, TIMEOUT);
  try {
    const { checks } = JSON.parse(stdout) as Answered;
    const failed = (end: string) =>
      checks
        .filter(({ at, check, outcome }) => at === end && outcome === 'failed' && !PASSING.includes(check))
        .map(({ sentence }) => sentence)
        .join('; ') || undefined;
    return { here: failed('source'), there: failed('target') };
  } catch {
    return {
      here: words.split('\n').at(-1)?.replace(/^xl: /, '') || 'it could not be checked',
      there: undefined,
    };
  }
}
