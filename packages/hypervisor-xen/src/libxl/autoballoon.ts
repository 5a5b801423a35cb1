/**
 * Makes domain 0 release the memory that an arriving domain needs: the same as stock `xl` under
 * `autoballoon` of xl.conf, with libxl's figures.
 */
import { HostError } from '@mig/hypervisor';
import type { XlConf } from './xl-conf.js';

/** A host whose domain 0 can release memory. All memory is in KiB. */
export interface BalloonedHost {
  /** The need of a domain of this configuration, by libxl's estimate. */
  neededMemory(configuration: string): number;
  /** Memory that no domain has. */
  freeMemory(): number;
  /** Memory that domain 0 has now. */
  controlDomainMemory(): number;
  /**
   * Raises or lowers the target of domain 0.
   * @returns the new target
   */
  changeControlDomainTarget(by: number): number;
}

/** KiB that libxl leaves to domain 0 (LIBXL_MIN_DOM0_MEM). */
export const LEAST_OF_DOMAIN_0 = 128 * 1024;

/** Times in milliseconds: between two looks, without any progress, and in all before the last wait. */
const BETWEEN_LOOKS = 250;
const LONGEST_STANDSTILL = 10_000;
const CREDIT = 30_000;

export interface Time {
  /** @throws an interrupt, which ends everything */
  pause(milliseconds: number): void;
  /** The clock in milliseconds. */
  now(): number;
}

/** An option of Xen's command line that sets domain 0's memory: a size or a share, with bounds. */
const DOM0_MEM = /^dom0_mem=(.*)$/;
const AMOUNT = /^(?:min:|max:)?(?:(?:-?\d+[bkmgt]?\+)?\d+%|-?\d+[bkmgt]?)$/i;

/** @param commandLine Xen's; undefined if unknown */
export function isAutoballooned({ autoballoon }: Pick<XlConf, 'autoballoon'>, commandLine = ''): boolean {
  if (autoballoon !== 'auto') return autoballoon === 'on';
  return !commandLine.split(' ').some((word) => {
    const amounts = DOM0_MEM.exec(word)?.[1]?.replace(/,$/, '');
    return amounts?.split(',').every((amount) => AMOUNT.test(amount)) === true;
  });
}

/**
 * Waits until the domain's memory is free. If it does not become free, domain 0 gets its former target
 * back.
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

/** @returns whether domain 0 reaches the target; waits as long as it shrinks */
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
    // The first error is the one to report.
  }
}

function mib(kib: number): number {
  return Math.ceil(kib / 1024);
}
