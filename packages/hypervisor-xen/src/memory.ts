/** The libxc layer: what a save helper needs, without libxl. */
export { XenControl } from './control.js';
export { isControlDomain } from './control-domain.js';
export { detectXen } from './detect.js';
export { XenError } from './errors.js';
export {
  type IncomingChannels,
  IncomingXenMemory,
  Missing,
  type RestoreCallbacks,
  type RestoreResults,
} from './incoming-xen-memory.js';
export { ASSUMED_SUSPEND_COST, refuseSuspended, type SaveCallbacks, XenMemory } from './xen-memory.js';
export {
  type HelperDirective,
  type HelperFailure,
  type HelperMessage,
  LINK_VARIABLE,
  type LinkWish,
} from './libxl-messages.js';
export { JsonLines, jsonLine } from './lines.js';
export { stockSaveHelper } from './stock-helper.js';
export { cautionAbout, type XenVersion } from './xen-version.js';
