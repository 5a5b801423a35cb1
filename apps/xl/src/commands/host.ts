/** The hypervisor in use. Loads it, and with it the foreign functions: import this where a host is wanted only. */
import { fileURLToPath } from 'node:url';
import type { Host } from '@mig/hypervisor';
import { chosenHypervisor } from '../stock/chosen-hypervisor.js';

export async function openHost(): Promise<Host> {
  if (chosenHypervisor() === 'embedded') return (await import('@mig/hypervisor-wasm')).EmbeddedHost.open();
  const { XenHost } = await import('@mig/hypervisor-xen');
  return new XenHost({ saveHelper: fileURLToPath(import.meta.resolve('@mig/xl-save-helper/bin')) });
}
