import type { PrecopyPolicy } from '@mig/hypervisor';

/** libxc's SPP_MAX_ITERATIONS: live passes at most. */
export const PRECOPY_ITERATIONS_DEFAULT = 5;
/** libxc's SPP_TARGET_DIRTY_COUNT, in pages. */
export const DIRTY_THRESHOLD_DEFAULT = 50;

const CONTINUE = { decision: 'continue-precopy' } as const;

/**
 * libxc's simple_precopy_policy with its two constants as parameters, and `<=` where it has `<`.
 * @param iterations live passes at most; 0 suspends before anything is sent
 * @param threshold pages: precopy ends once at most this many are dirty, though never before the first pass
 */
export function simplePolicy(
  iterations: number = PRECOPY_ITERATIONS_DEFAULT,
  threshold: number = DIRTY_THRESHOLD_DEFAULT,
): PrecopyPolicy {
  return ({ iteration, dirtyCount, point }) => {
    if (point === 'between-batches') return CONTINUE;
    if (dirtyCount !== undefined && iteration > 0 && dirtyCount <= threshold) {
      const sentence = `${dirtyCount} pages dirty after ${passes(iteration)}, at most ${threshold} asked for`;
      return { decision: 'stop-and-copy', reason: { code: 'threshold', sentence } };
    }
    if (iteration >= iterations) {
      const sentence = `${passes(iteration)} made, ${iterations} allowed`;
      return { decision: 'stop-and-copy', reason: { code: 'iterations', sentence } };
    }
    return CONTINUE;
  };
}

function passes(count: number): string {
  return count === 1 ? '1 live pass' : `${count} live passes`;
}
