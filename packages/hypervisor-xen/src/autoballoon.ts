/**
 * Makes domain 0 give up the memory that a domain needs which comes to this host: what stock `xl` does under `autoballoon` of
 * xl.conf, by the same figures, which are libxl's.
 */
import { HostError } from '@mig/hypervisor';
import type { XlConf } from './xl-conf.js';

/** A host whose domain 0 can give memory up. All memory is in KiB. */
export interface BalloonedHost {
  /** Memory that libxl reckons a domain of this configuration to need. */
  neededMemory(configuration: string): number;
  /** Memory that no domain has. */
  freeMemory(): number;
  /** Memory that domain 0 has now. */
  controlDomainMemory(): number;
  /** Tells domain 0 to have so much more than it was told before, or less. @returns what it is told to have now */
  changeControlDomainTarget(by: number): number;
}

/** KiB that libxl leaves to domain 0 (LIBXL_MIN_DOM0_MEM). */
export const LEAST_OF_DOMAIN_0 = 128 * 1024;

/** Milliseconds: between two looks, without any progress, and of waiting in all but for the last wait. */
const BETWEEN_LOOKS = 250;
const LONGEST_STANDSTILL = 10_000;
const CREDIT = 30_000;

export interface Time {
  /** @throws what ends all of it */
  pause(milliseconds: number): void;
  /** Milliseconds. */
  now(): number;
}

/** A word of Xen's command line that says how much domain 0 is to have; a size or a share of all, with bounds. */
const DOM0_MEM = /^dom0_mem=(.*)$/;
const AMOUNT = /^(?:min:|max:)?(?:(?:-?\d+[bkmgt]?\+)?\d+%|-?\d+[bkmgt]?)$/i;

/** @param commandLine Xen's; undefined where it does not tell */
export function isAutoballooned({ autoballoon }: Pick<XlConf, 'autoballoon'>, commandLine = ''): boolean {
  if (autoballoon !== 'auto') return autoballoon === 'on';
  return !commandLine.split(' ').some((word) => {
    const amounts = DOM0_MEM.exec(word)?.[1]?.replace(/,$/, '');
    return amounts?.split(',').every((amount) => AMOUNT.test(amount)) === true;
  });
}

/**
 * Waits until so much memory is free as the domain needs. Domain 0 is told to have what it had before where it is not.
 * @throws HostError `unavailable`; what `time.pause` throws
 */
export function makeRoom(host: BalloonedHost, configuration: string, time: Time): void {
  const needed = host.neededMemory(configuration);
  let asked = 0;
  try {
    for (let credit = CREDIT; ;) {
      const free = host.freeMemory();
      if (free >= needed) return;
      const lacking = needed - free;
      const fail = (why: string) => {
        throw new HostError(
          'unavailable',
          `the domain needs ${mib(needed)} MiB, ${mib(free)} MiB are free, and domain 0 ${why} (autoballoon, xl.conf(5))`,
        );
      };
      if (credit <= 0) fail(`has not given up enough in ${CREDIT / 1000} s`);
      const has = host.controlDomainMemory();
      if (has - lacking < LEAST_OF_DOMAIN_0) {
        fail(`has ${mib(has)} MiB, of which it keeps ${mib(LEAST_OF_DOMAIN_0)}`);
      }
      const began = time.now();
      const target = host.changeControlDomainTarget(-lacking);
      asked += lacking;
      if (!reaches(host, target, time)) fail('does not give up more: does its balloon driver run?');
      credit -= time.now() - began;
    }
  } catch (error) {
    if (asked > 0) giveBack(host, asked);
    throw error;
  }
}

/** @returns whether domain 0 comes to have no more than that, as long as it has less and less */
function reaches(host: BalloonedHost, target: number, time: Time): boolean {
  let [has, since] = [host.controlDomainMemory(), time.now()];
  while (has > target) {
    if (time.now() - since >= LONGEST_STANDSTILL) return false;
    time.pause(BETWEEN_LOOKS);
    const hasNow = host.controlDomainMemory();
    if (hasNow < has) [has, since] = [hasNow, time.now()];
  }
  return true;
}

function giveBack(host: BalloonedHost, kib: number): void {
  try {
    host.changeControlDomainTarget(kib);
  } catch {
    // What went wrong first is what the operator needs to hear.
  }
}

function mib(kib: number): number {
  return Math.ceil(kib / 1024);
}
