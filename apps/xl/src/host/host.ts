/**
 * Opens the hypervisor in use. Importing this loads the foreign functions: import it only where a host is
 * needed.
 */
import { fileURLToPath } from 'node:url';
import type { Host } from '@mig/hypervisor';
import { chosenHypervisor } from '../stock/chosen-hypervisor.js';

/** @param caution is told what an operator should know before trusting this host with a domain */
export async function openHost(caution: (text: string) => void = () => undefined): Promise<Host> {
  if (chosenHypervisor() === 'embedded') return (await import('@mig/hypervisor-wasm')).EmbeddedHost.open();
  const { XenHost } = await import('@mig/hypervisor-xen');
  const host = new XenHost({ saveHelper: fileURLToPath(import.meta.resolve('@mig/xl-save-helper/bin')) });
  if (host.caution !== undefined) caution(host.caution);
  return host;
}
