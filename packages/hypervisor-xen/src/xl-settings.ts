/** Stock `xl`'s settings of this host as they hold for a domain that comes to it, or comes again. */
import { HostError } from '@mig/hypervisor';
import { type CpuMasks, cpuMasks } from './cpu-masks.js';
import type { Libxl } from './libxl.js';
import { isAutoballooned, makeRoom, type BalloonedHost, type Time } from './autoballoon.js';
import type { XenVersion } from './xen-version.js';
import { readXlConf, type XlConf } from './xl-conf.js';
import { withXlLock } from './xl-lock.js';

/** Settings of `xl.conf` that a domain is built by, whether it comes to this host or comes again. */
export interface BuildSettings extends Pick<XlConf, 'lockFile' | 'domidPolicy'> {
  /** Whether domain 0 gives memory up for it. */
  readonly autoballoon: boolean;
}

export interface XlSettings extends BuildSettings {
  /** The CPUs that a domain may run on which comes to this host; one that comes again has been told already. */
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
  /** Milliseconds that another one's lock is waited for. */
  readonly longestWait: number;
  readonly time: Time;
  /** It is built although there is no room for it, as far as that can be told. */
  readonly unchecked?: boolean | undefined;
}

/**
 * Builds a domain by these settings.
 * @param build is given the configuration to build it of
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

/** RANDOM_DOMID of libxl.h: libxl chooses one. */
const RANDOM_DOMID = 0xfffffffe;

/** DOMID_FIRST_RESERVED of public/xen.h: those from here on are no domain's. */
const FIRST_RESERVED = 0x7ff0;

/** A domid that the configuration asks for is the domain's. */
function withRandomDomid(configuration: string): string {
  const parsed = JSON.parse(configuration) as { c_info?: { domid?: unknown } };
  const { domid } = parsed.c_info ?? {};
  const isOwn = typeof domid === 'number' && domid > 0 && domid < FIRST_RESERVED;
  return isOwn
    ? configuration
    : JSON.stringify({ ...parsed, c_info: { ...parsed.c_info, domid: RANDOM_DOMID } });
}
