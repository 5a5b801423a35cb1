import { nameProblem } from '@mig/protocol/handshake';
import { HostError } from './errors.js';

/**
 * Refuses what no domain may be called, before anything is done.
 * @throws HostError bad-configuration
 */
export function checkName(name: string, domid?: number): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  throw new HostError('bad-configuration', `the name ${problem}`, domid === undefined ? {} : { domid });
}
