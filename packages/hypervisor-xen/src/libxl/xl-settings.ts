/** Stock `xl`'s settings of this host for an arriving or a restarted domain. */
import { HostError } from '@mig/hypervisor';
import { type CpuMasks, cpuMasks } from './cpu-masks.js';
import type { Libxl } from './libxl.js';
import { isAutoballooned, makeRoom, type BalloonedHost, type Time } from './autoballoon.js';
import type { XenVersion } from '../xen/xen-version.js';
import { readXlConf, type XlConf } from './xl-conf.js';
import { withXlLock } from './xl-lock.js';

/** Settings of `xl.conf` for building a domain, arriving or restarted. */
export interface BuildSettings extends Pick<XlConf, 'lockFile' | 'domidPolicy'> {
  /** Whether domain 0 releases memory for it. */
  readonly autoballoon: boolean;
}

export interface XlSettings extends BuildSettings {
  /** CPUs that an arriving domain may run on; a restarted one has its affinities already. */
  readonly cpuMasks: CpuMasks;
}

/** @throws HostError `unavailable` where xl.conf cannot be read */
export function xlSettings(version: XenVersion, libxl: Pick<Libxl, 'commandLine' | 'cpuNodes'>): XlSettings {
  const conf = readXlConf(version);
  return { ...settingsIn(conf, libxl), cpuMasks: cpuMasks(conf.cpuMasks, libxl.cpuNodes()) };
}

/** @throws HostError `unavailable` where xl.conf cannot be read */
export function buildSettings(version: XenVersion, libxl: Pick<Libxl, 'commandLine'>): BuildSettings {
  return settingsIn(readXlConf(version), libxl);
}

function settingsIn(conf: XlConf, libxl: Pick<Libxl, 'commandLine'>): BuildSettings {
  const { lockFile, domidPolicy } = conf;
  return { lockFile, domidPolicy, autoballoon: isAutoballooned(conf, libxl.commandLine()) };
}

export interface Building {
  readonly configuration: string;
  /** Timeout for another process's lock, in milliseconds. */
  readonly longestWait: number;
  readonly time: Time;
  /** Whether the domain is built even if there seems to be no room. */
  readonly unchecked?: boolean | undefined;
}

/**
 * Builds a domain by these settings.
 * @param build gets the configuration to build from
 * @throws HostError `unavailable` where there is no room for it; what `build` and `time.pause` throw
 */
export function buildBy<T>(
  { autoballoon, lockFile, domidPolicy }: BuildSettings,
  host: BalloonedHost,
  { configuration, longestWait, time, unchecked = false }: Building,
  build: (configuration: string) => T,
): T {
  const own = domidPolicy === 'random' ? withRandomDomid(configuration) : configuration;
  if (!autoballoon) return build(own);
  return withXlLock(lockFile, longestWait, time, () => {
    try {
      makeRoom(host, own, time);
    } catch (error) {
      if (!(unchecked && error instanceof HostError)) throw error;
    }
    return build(own);
  });
}

/** RANDOM_DOMID (libxl.h): libxl chooses one. */
const RANDOM_DOMID = 0xfffffffe;

/** DOMID_FIRST_RESERVED (public/xen.h): no domain has this domid or a higher one. */
const FIRST_RESERVED = 0x7ff0;

/** Asks for a random domid, unless the configuration asks for one. */
function withRandomDomid(configuration: string): string {
  const parsed = JSON.parse(configuration) as { c_info?: { domid?: unknown } };
  const { domid } = parsed.c_info ?? {};
  const isOwn = typeof domid === 'number' && domid > 0 && domid < FIRST_RESERVED;
  return isOwn
    ? configuration
    : JSON.stringify({ ...parsed, c_info: { ...parsed.c_info, domid: RANDOM_DOMID } });
}
