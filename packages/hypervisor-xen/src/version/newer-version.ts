/**
 * Decides whether the newest row serves for a version of Xen that has no row, by all that the libraries and
 * the hypervisor tell without a domain. Offsets within a structure cannot be checked; an equal size, an
 * equal domctl interface and the same functions say that nobody had a reason to move them.
 */
import koffi from 'koffi';
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { declareControl } from '../libxc/control.js';
import { declareLibxl } from '../libxl/libxl.js';
import { loadLibrary } from '../xen/load-library.js';
import { librariesOf, newestVersion, versionText, type XenVersion } from '../xen/xen-version.js';
import { declareXenstore } from '../xen/xenstore.js';
import { declareXlUtil } from '../libxl/xl-conf.js';

/** Sizes of libxl's structures: the octets that its own functions initialise. */
export interface LibxlSizes {
  readonly domainConfiguration: number;
  readonly domainInfo: number;
  readonly event: number;
  readonly restoreParameters: number;
}

/** The host's answers. */
export interface NewerHost {
  /** @throws where a library, or a function of one, is missing */
  declareAll(version: XenVersion): void;
  /** Tells whether the hypervisor accepts domctls of this interface version. */
  takesDomctls(interfaceVersion: number): boolean;
  libxlSizes(library: string): LibxlSizes;
}

/** @throws HostError `unavailable`, saying what differs */
export function takenForNewest(
  running: Pick<XenVersion, 'major' | 'minor'>,
  newest = newestVersion(),
  host: NewerHost = thisHost,
): XenVersion {
  const libraries = librariesOf(running.major, running.minor);
  const version: XenVersion = { ...newest, ...running, libraries, grounds: 'newest' };
  const refuse = (what: string, cause?: unknown) => {
    throw new HostError(
      'unavailable',
      `this host runs Xen ${versionText(running)}, newer than ${versionText(newest)}, the newest that mig knows, and it ` +
        `does not pass for that: ${what}. docs/xen.md, "Another version of Xen", tells how it is added`,
      { cause },
    );
  };
  try {
    host.declareAll(version);
  } catch (cause) {
    refuse(messageOf(cause), cause);
  }
  if (!host.takesDomctls(newest.domctlInterface)) {
    refuse(`it takes no domctls of interface version 0x${newest.domctlInterface.toString(16)}`);
  }
  const sizes = host.libxlSizes(libraries.light);
  const { domainInfo, event, restoreParameters } = newest.libxl;
  for (const [name, is, was] of [
    ['libxl_dominfo', sizes.domainInfo, domainInfo.size],
    ['libxl_event', sizes.event, event.size],
    ['libxl_domain_restore_params', sizes.restoreParameters, restoreParameters.size],
  ] as const) {
    if (is !== was) refuse(`${name} has ${is} bytes, not ${was}`);
  }
  // It grows with nearly every version, and none of it is read or written here.
  return { ...version, libxl: { ...newest.libxl, domainConfiguration: sizes.domainConfiguration } };
}

/** __HYPERVISOR_domctl (public/xen.h), and XEN_DOMCTL_getdomaininfo (public/domctl.h). */
const HYPERCALL_DOMCTL = 36;
const GET_DOMAIN_INFO = 5;

/** Octets for a structure: more than `struct xen_domctl` and any of libxl's structures have. */
const ROOM = 65536;

export const thisHost: NewerHost = {
  declareAll(version) {
    declareControl(version);
    declareLibxl(version);
    declareXlUtil(version);
    declareXenstore();
  },

  takesDomctls(interfaceVersion) {
    const xencall = loadLibrary('libxencall.so.1');
    const open = xencall.func('uintptr_t xencall_open(uintptr_t logger, unsigned int flags)');
    const close = xencall.func('int xencall_close(uintptr_t xcall)');
    const allocate = xencall.func('uintptr_t xencall_alloc_buffer(uintptr_t xcall, size_t size)');
    const free = xencall.func('void xencall_free_buffer(uintptr_t xcall, uintptr_t buffer)');
    const call = xencall.func('int xencall1(uintptr_t xcall, unsigned int op, uint64_t argument)');
    const handle = open(0, 0) as number;
    if (handle === 0) throw new HostError('unavailable', `xencall_open: errno ${koffi.errno()}`);
    try {
      const buffer = allocate(handle, ROOM) as number;
      if (buffer === 0) throw new HostError('unavailable', 'no memory for a hypercall');
      try {
        const domctl = new DataView(koffi.view(BigInt(buffer), ROOM));
        domctl.setUint32(0, GET_DOMAIN_INFO, true);
        domctl.setUint32(4, interfaceVersion, true);
        // Domain 0 always exists: EACCES refuses the version alone.
        if ((call(handle, HYPERCALL_DOMCTL, buffer) as number) >= 0) return true;
        const errno = koffi.errno();
        if (errno === koffi.os.errno['EACCES']) return false;
        throw new HostError('unavailable', `XEN_DOMCTL_getdomaininfo of domain 0: errno ${errno}`);
      } finally {
        free(handle, buffer);
      }
    } finally {
      close(handle);
    }
  },

  libxlSizes(library) {
    const light = loadLibrary(library);
    const size = (structure: string) => {
      const init = light.func(`void ${structure}_init(void *structure)`);
      const octets = new Uint8Array(ROOM).fill(UNTOUCHED);
      // The function begins with a memset of the whole structure.
      init(octets);
      return octets.findLastIndex((octet) => octet !== UNTOUCHED) + 1;
    };
    return {
      domainConfiguration: size('libxl_domain_config'),
      domainInfo: size('libxl_dominfo'),
      event: size('libxl_event'),
      restoreParameters: size('libxl_domain_restore_params'),
    };
  },
};

const UNTOUCHED = 0xa5;
