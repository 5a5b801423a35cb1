/** Chooses the links of an estimate. */
import { bandwidthText } from '@mig/sender/policy';
import { octetsText } from '../output/figures.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';
import { type LinkTimeouts, linkSpeed } from './link-speed.js';

export interface Link {
  readonly name: string;
  /** The link after the name of a domain that goes over it. */
  readonly words: string;
  readonly octetsPerSecond: number;
}

const MEGABIT = 125_000;

const usual: readonly Link[] = [100, 1000, 10_000].map((megabits) => known(megabits * MEGABIT));

function known(octetsPerSecond: number): Link {
  const name = bandwidthText(octetsPerSecond);
  return { name, words: `over ${name}`, octetsPerSecond };
}

/**
 * Chooses the links: that of `--link`, else the measured one to the host, else the usual ones.
 * @throws Failure where it cannot be measured
 */
export async function estimatedLinks(
  host: string | undefined,
  { s: sshCommand, link, timeouts }: { s: string; link?: number; timeouts: LinkTimeouts },
  log: Log,
): Promise<readonly Link[]> {
  if (link !== undefined) return [known(link)];
  if (host === undefined) return usual;
  if (sshCommand === '') {
    throw new Failure(
      "--estimate with -s '': HOST is the command of the receiving end, and how fast it takes bytes cannot be measured " +
        'without starting it. --link says it instead',
      ExitStatus.usage,
    );
  }
  log.line(`Measuring the link to ${host}`);
  const octetsPerSecond = await linkSpeed(sshCommand, host, timeouts, log);
  const rate = `${octetsText(octetsPerSecond)}/s`;
  return [
    {
      name: `to ${host}: ${rate}`,
      words: `to ${host}, at ${rate} as measured`,
      octetsPerSecond,
    },
  ];
}
