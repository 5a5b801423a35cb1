import { isControlDomain } from '@mig/hypervisor-xen/control-domain';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export type Hypervisor = 'xen' | 'embedded';

/**
 * Chooses the hypervisor: Xen in a dom0, else the embedded one. MIG_HOST_DIR selects the embedded one;
 * MIG_HYPERVISOR overrides both.
 * @throws Failure where MIG_HYPERVISOR names neither
 */
export function chosenHypervisor(environment: NodeJS.ProcessEnv = process.env, root = '/'): Hypervisor {
  const named = environment['MIG_HYPERVISOR'];
  if (named === 'xen' || named === 'embedded') return named;
  if (named !== undefined && named !== '') {
    throw new Failure(`MIG_HYPERVISOR must be xen or embedded, not '${named}'`, ExitStatus.usage);
  }
  if (environment['MIG_HOST_DIR'] !== undefined) return 'embedded';
  return isControlDomain(root) ? 'xen' : 'embedded';
}
