/** Chooses the links of an estimate. */
import { bandwidthText } from '@mig/sender/policy';
import { octetsText } from '../output/figures.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';
import { type LinkTimeouts, linkSpeed } from './link-speed.js';

export interface Link {
  readonly name: string;
  readonly octetsPerSecond: number;
}

const MEGABIT = 125_000;

const usual: readonly Link[] = [
  { name: '100 Mbit/s', octetsPerSecond: 100 * MEGABIT },
  { name: '1 Gbit/s', octetsPerSecond: 1000 * MEGABIT },
  { name: '10 Gbit/s', octetsPerSecond: 10_000 * MEGABIT },
];

/**
 * Chooses the links: that of `--link`, else the measured one to the host, else the usual ones.
 * @throws Failure where it cannot be measured
 */
export async function estimatedLinks(
  host: string | undefined,
  { s: sshCommand, link, timeouts }: { s: string; link?: number; timeouts: LinkTimeouts },
  log: Log,
): Promise<readonly Link[]> {
  if (link !== undefined) return [{ name: bandwidthText(link), octetsPerSecond: link }];
  if (host === undefined) return usual;
  if (sshCommand === '') {
    throw new Failure(
      "--estimate with -s '': HOST is the command of the receiving end, and how fast it takes octets cannot be measured " +
        'without starting it. --link says it instead',
      ExitStatus.usage,
    );
  }
  log.line(`Measuring the link to ${host}`);
  const octetsPerSecond = await linkSpeed(sshCommand, host, timeouts, log);
  return [{ name: `to ${host}: ${octetsText(octetsPerSecond)}/s`, octetsPerSecond }];
}
