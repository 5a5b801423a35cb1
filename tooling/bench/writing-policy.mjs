// A policy for `xl migrate --policy`: after each live pass it makes the guest write the next of some sets
// of pages, which the next pass then sends; after the last set it ends precopy.
import { writePages } from './mailbox.mjs';

/**
 * @param {string} ram the file that is the domain's RAM
 * @param {readonly import('./mailbox.mjs').PageSet[]} sets
 * @returns {import('@mig/hypervisor').PrecopyPolicy}
 */
export function writingPolicy(ram, sets) {
  return ({ point, iteration }) => {
    if (point !== 'pass-finished') return { decision: 'continue-precopy' };
    const next = sets[iteration - 1];
    if (next === undefined) {
      return { decision: 'stop-and-copy', reason: { code: 'bench', sentence: 'all sets were sent' } };
    }
    writePages(ram, next);
    return { decision: 'continue-precopy' };
  };
}
