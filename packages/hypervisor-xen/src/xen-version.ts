/**
 * What differs between Xen's versions, in one place. libxenctrl, libxenguest and libxenlight have no stable ABI: their
 * sonames carry the version, and the hypervisor refuses the domctls of another. A version is added as a row here, after
 * every prototype and layout in control.ts and in libxl.ts was compared with its headers and the lab passed on it
 * (docs/xen.md tells how).
 */
export interface XenVersion {
  readonly major: number;
  readonly minor: number;
  readonly libraries: {
    readonly control: string;
    readonly guest: string;
    readonly light: string;
  };
  /** `sizeof(xc_domaininfo_t)` and its members' offsets (tools/include/xenctrl.h, public/domctl.h). */
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
    /** `sizeof(libxl_domain_config)`. */
    readonly domainConfiguration: number;
    /** `libxl_dominfo`. */
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
    /** `libxl_event`. */
    readonly event: {
      readonly size: number;
      readonly domid: number;
      readonly type: number;
      readonly shutdownReason: number;
    };
    /** `libxl_domain_restore_params`. */
    readonly restoreParameters: { readonly size: number; readonly streamVersion: number };
  };
}

export const xenVersions: readonly XenVersion[] = [
  {
    major: 4,
    minor: 17,
    libraries: {
      control: 'libxenctrl.so.4.17',
      guest: 'libxenguest.so.4.17',
      light: 'libxenlight.so.4.17',
    },
    domainInfo: { size: 112, flags: 4, totalPages: 8, cpuTime: 56, onlineVcpus: 64, handle: 76 },
    libxl: {
      domainConfiguration: 1288,
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
      event: { size: 208, domid: 16, type: 48, shutdownReason: 56 },
      restoreParameters: { size: 24, streamVersion: 4 },
    },
  },
];
