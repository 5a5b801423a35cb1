export * from './memory.js';
export { XenHost, type XenHostOptions } from './xen-host.js';
