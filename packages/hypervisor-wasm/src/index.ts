/**
 * The embedded hypervisor: a host is a folder, a domain is a process that runs a WebAssembly guest. It
 * needs neither Xen nor root.
 *
 *     const host = EmbeddedHost.open();
 *     const domid = host.create(JSON.stringify({
 *       c_info: { type: 'wasm', name: 'busy' },
 *       b_info: { max_memkb: 65536, kernel: 'wss', cmdline: 'pages=2000 rate=20000' },
 *     }), { paused: false });
 */
export { EmbeddedHost } from './embedded-host.js';
export { type DomainConfiguration, LARGEST_MEMORY, parseConfiguration } from './configuration.js';
export { type Guest, GUEST_ABI, inspectGuest } from './guest/inspect.js';
export { BUILT_IN_GUESTS } from './kernel.js';
export { decodeVcpuContext, encodeVcpuContext, type VcpuContext } from './vcpu-context.js';
