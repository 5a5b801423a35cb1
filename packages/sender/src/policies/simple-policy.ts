import type { PrecopyPolicy } from '@mig/hypervisor';
import { firstOf } from './compose.js';
import { dirtyThreshold } from './goals.js';
import { iterationLimit } from './limits.js';

/** The most live passes by default: libxc's SPP_MAX_ITERATIONS. */
export const PRECOPY_ITERATIONS_DEFAULT = 5;
/** The threshold in dirty pages by default: libxc's SPP_TARGET_DIRTY_COUNT. */
export const DIRTY_THRESHOLD_DEFAULT = 50;

/**
 * Makes libxc's simple_precopy_policy with its two constants as parameters, and `<=` where libxc has `<`.
 * @param iterations most live passes; 0 suspends before a page is sent
 * @param threshold pages: precopy ends once at most this many are dirty, though never before the first pass
 */
export function simplePolicy(
  iterations: number = PRECOPY_ITERATIONS_DEFAULT,
  threshold: number = DIRTY_THRESHOLD_DEFAULT,
): PrecopyPolicy {
  return firstOf(dirtyThreshold(threshold), iterationLimit(iterations));
}
