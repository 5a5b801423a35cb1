import type { PrecopyStats } from '@mig/hypervisor';

/** Stats of which only some figures matter. */
export function stats(figures: Partial<PrecopyStats>): PrecopyStats {
  return {
    point: 'dirty-count-known',
    iteration: 0,
    dirtyCount: undefined,
    totalWritten: 0,
    elapsedMilliseconds: 0,
    sendRate: undefined,
    dirtyRate: undefined,
    dirtyCounts: [],
    suspendCost: 0,
    lineRate: figures.sendRate,
    estimatedDowntime: undefined,
    leastDowntime: figures.estimatedDowntime,
    ...figures,
  };
}
