/** The libxc layer: what a save helper needs, without libxl. */
export { XenControl } from './libxc/control.js';
export { isControlDomain } from './xen/control-domain.js';
export { detectXen } from './version/detect.js';
export { XenError } from './xen/errors.js';
export {
  type IncomingChannels,
  IncomingXenMemory,
  Missing,
  type RestoreCallbacks,
  type RestoreResults,
} from './libxc/incoming-xen-memory.js';
export { ASSUMED_SUSPEND_COST, refuseSuspended, type SaveCallbacks, XenMemory } from './libxc/xen-memory.js';
export {
  type HelperDirective,
  type HelperFailure,
  type HelperMessage,
  LINK_VARIABLE,
  type LinkWish,
} from './libxl/libxl-messages.js';
export { JsonLines, jsonLine } from './libxl/lines.js';
export { stockSaveHelper } from './helper/stock-helper.js';
export { cautionAbout, type XenVersion } from './xen/xen-version.js';
