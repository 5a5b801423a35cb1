/** Estimates each migration of a plan: `xl migrate --estimate` of each domain. */
import type { Estimate, Run } from '@mig/fleet';
import { spawn } from 'node:child_process';
import { atATime } from './at-a-time.js';
import { OWN } from './attempts.js';
import { answerOf, HEARD } from './remote.js';

/** Seconds for which the writes of each domain are measured. */
const PERIOD = '1';
/** Measurements at a time, if none of them measures the line. */
const AT_ONCE = 4;
/** Time for a measurement in milliseconds. */
const TIMEOUT = 120_000;

interface Estimated {
  readonly estimates: readonly {
    readonly totalMilliseconds: number;
    readonly downtimeMilliseconds: number | null;
  }[];
}

/** Estimates all moves of a run; a domain that cannot be measured has none. */
export async function estimateAll(
  { domains, options }: Run,
  domids: ReadonlyMap<string, number>,
  sshCommand: string,
): Promise<Map<string, Estimate>> {
  const { link, out, maxDowntime, targets } = options;
  const found = new Map<string, Estimate>();
  await atATime(link === undefined ? 1 : AT_ONCE, domains, async (domain) => {
    const domid = String(domids.get(domain.uuid));
    // Without --link the line is measured, which no other measurement may disturb.
    const line = link === undefined ? [domid, targets[0]!] : [domid];
    const args = [
      ...['migrate', '--estimate', '--json', '--period', PERIOD, '-s', sshCommand],
      ...(link === undefined ? [] : ['--link', `${Math.floor(link / out)}B/s`]),
      ...(maxDowntime === undefined ? [] : ['--max-downtime', String(maxDowntime)]),
      ...['--', ...line],
    ];
    const { stdout } = await answerOf(spawn(process.execPath, [...OWN, ...args], HEARD), TIMEOUT);
    try {
      const [first] = (JSON.parse(stdout) as Estimated).estimates;
      if (first === undefined) return;
      const { totalMilliseconds, downtimeMilliseconds } = first;
      found.set(domain.uuid, {
        totalMilliseconds,
        ...(downtimeMilliseconds !== null && { downtimeMilliseconds }),
      });
    } catch {
      // It cannot be measured: the plan says nothing of its time.
    }
  });
  return found;
}
