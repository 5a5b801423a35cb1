/** Which hypervisor is in use. Loads it, and with it the foreign functions: import this where a host is wanted only. */
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import type { LocalHost } from './local-host.js';

export function openHost(): LocalHost {
  return EmbeddedHost.open();
}
