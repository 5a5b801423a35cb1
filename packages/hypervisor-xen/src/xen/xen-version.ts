/**
 * Differences between Xen's versions, in one place. libxenctrl, libxenguest and libxenlight have no stable
 * ABI: their sonames carry the version, and the hypervisor refuses the domctls of another version. A
 * version is added as a row here, after every prototype and layout in control.ts and libxl.ts was compared
 * with its headers (docs/xen.md tells how).
 */

/**
 * The evidence for mig's knowledge of a version. `lab`: every case of the lab passes on it. `headers`:
 * prototypes, layouts and sources were compared, and nothing was run. `newest`: it has no row, and the
 * newest one is used.
 */
export type Grounds = 'lab' | 'headers' | 'newest';

export interface XenVersion {
  readonly major: number;
  readonly minor: number;
  readonly grounds: Grounds;
  /** `XEN_DOMCTL_INTERFACE_VERSION` (public/domctl.h): the hypervisor refuses any other. */
  readonly domctlInterface: number;
  readonly libraries: {
    readonly control: string;
    readonly guest: string;
    readonly light: string;
    readonly util: string;
  };
  /** Size of `xc_domaininfo_t`, and its members' offsets (tools/include/xenctrl.h, public/domctl.h). */
  readonly domainInfo: {
    readonly size: number;
    readonly flags: number;
    readonly totalPages: number;
    readonly cpuTime: number;
    readonly onlineVcpus: number;
    readonly handle: number;
  };
  /** Sizes and offsets of libxl's structures (tools/include/_libxl_types.h, libxl.h). */
  readonly libxl: {
    /** Size of `libxl_domain_config`. */
    readonly domainConfiguration: number;
    /** Layout of `libxl_dominfo`. */
    readonly domainInfo: {
      readonly size: number;
      readonly uuid: number;
      readonly domid: number;
      readonly paused: number;
      readonly shutdown: number;
      readonly shutdownReason: number;
      readonly currentMemory: number;
      readonly cpuTime: number;
      readonly vcpus: number;
    };
    /** Layout of `libxl_event`. */
    readonly event: {
      readonly size: number;
      readonly domid: number;
      readonly type: number;
      readonly shutdownReason: number;
    };
    /** Layout of `libxl_domain_restore_params`. */
    readonly restoreParameters: { readonly size: number; readonly streamVersion: number };
  };
  /**
   * The console's page at a restore: all zeros or, if libxenguest has `xc_dom_console_init`, also marked as
   * not connected until xenconsoled has it.
   */
  readonly consolePage: 'zeros' | 'disconnected';
  /**
   * Octets of a local APIC in HVM_CONTEXT (`struct hvm_hw_lapic`), in the newest point releases. A
   * hypervisor accepts a shorter record than its own, and no longer one.
   */
  readonly lapic: 24 | 32;
}

/** The values that differ for a version. */
interface Differences {
  readonly domctlInterface: number;
  readonly domainConfiguration: number;
  readonly event?: number;
  readonly consolePage?: XenVersion['consolePage'];
  readonly lapic?: XenVersion['lapic'];
}

/** Makes a row: all other values are equal in 4.16 to 4.22. */
function row(minor: number, grounds: 'lab' | 'headers', differences: Differences): XenVersion {
  const {
    domctlInterface,
    domainConfiguration,
    event = 208,
    consolePage = 'zeros',
    lapic = 32,
  } = differences;
  return {
    major: 4,
    minor,
    grounds,
    domctlInterface,
    libraries: librariesOf(4, minor),
    domainInfo: { size: 112, flags: 4, totalPages: 8, cpuTime: 56, onlineVcpus: 64, handle: 76 },
    libxl: {
      domainConfiguration,
      domainInfo: {
        size: 120,
        uuid: 0,
        domid: 16,
        paused: 34,
        shutdown: 35,
        shutdownReason: 40,
        currentMemory: 56,
        cpuTime: 88,
        vcpus: 100,
      },
      event: { size: event, domid: 16, type: 48, shutdownReason: 56 },
      restoreParameters: { size: 24, streamVersion: 4 },
    },
    consolePage,
    lapic,
  };
}

export function librariesOf(major: number, minor: number): XenVersion['libraries'] {
  const named = (name: string) => `lib${name}.so.${major}.${minor}`;
  return {
    control: named('xenctrl'),
    guest: named('xenguest'),
    light: named('xenlight'),
    util: named('xlutil'),
  };
}

/** Versions, oldest first, without a gap. */
export const xenVersions: readonly XenVersion[] = [
  row(16, 'headers', { domctlInterface: 0x14, domainConfiguration: 1288, event: 184, lapic: 24 }),
  row(17, 'lab', { domctlInterface: 0x15, domainConfiguration: 1288, lapic: 24 }),
  row(18, 'headers', { domctlInterface: 0x16, domainConfiguration: 1344 }),
  row(19, 'headers', { domctlInterface: 0x17, domainConfiguration: 1352 }),
  row(20, 'lab', { domctlInterface: 0x17, domainConfiguration: 1368 }),
  row(21, 'headers', { domctlInterface: 0x17, domainConfiguration: 1384, consolePage: 'disconnected' }),
  row(22, 'headers', { domctlInterface: 0x18, domainConfiguration: 1400, consolePage: 'disconnected' }),
];

/** Formats a version, such as `4.20`. */
export function versionText({ major, minor }: VersionNumber): string {
  return `${major}.${minor}`;
}

/** The evidence for mig's knowledge of the version, in words. */
export function groundsText({ grounds }: Pick<XenVersion, 'grounds'>): string {
  switch (grounds) {
    case 'lab':
      return 'tested in the lab';
    case 'headers':
      return 'known by its headers, not tested';
    case 'newest':
      return `newer than all that mig knows, taken for ${versionText(newestVersion())}`;
  }
}

export function newestVersion(): XenVersion {
  return xenVersions.at(-1)!;
}

export type VersionNumber = Pick<XenVersion, 'major' | 'minor'>;

/** Compares two versions. If a part is not a number, neither is newer. */
export function isNewer(one: VersionNumber, other: VersionNumber): boolean {
  return one.major > other.major || (one.major === other.major && one.minor > other.minor);
}

/** Finds a version's row: the newest row serves for newer versions, the oldest for older ones. */
export function rowOf(version: VersionNumber): XenVersion {
  return xenVersions.findLast((row) => !isNewer(row, version)) ?? xenVersions[0]!;
}

/**
 * @returns why this host's hypervisor cannot load an HVM or PVH domain of that version; undefined if it
 * can, as far as is known
 */
export function whyNotLoadable(
  from: VersionNumber,
  here: VersionNumber & Pick<XenVersion, 'lapic'>,
): string | undefined {
  // A domain of an older point release may have the shorter record: before the record arrives only a step
  // backwards is known to fail.
  if (!isNewer(from, here) || rowOf(from).lapic <= here.lapic) return undefined;
  return (
    `the domain comes from Xen ${versionText(from)}, and Xen ${versionText(here)} cannot load its processors' state: ` +
    'Xen moves domains to its own version or a newer one'
  );
}

/**
 * @returns a warning for those who trust this version with a domain; undefined if it was tested, or its
 * headers were read
 */
export function cautionAbout(version: XenVersion): string | undefined {
  if (version.grounds !== 'newest') return undefined;
  return (
    `this host runs Xen ${versionText(version)}, newer than mig knows: it passes for ${versionText(newestVersion())} as far ` +
    'as can be told without a domain; try a migration that you can do without'
  );
}
