import type { PrecopyDecision, PrecopyStats } from '@mig/hypervisor';

/** Makes stats of which only the given figures matter. */
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

/** Shortens a decision, such as "stop-and-copy: threshold". */
export function inShort(answer: PrecopyDecision): string {
  return answer.decision + ('reason' in answer ? `: ${answer.reason.code}` : '');
}

export function sentenceOf(answer: PrecopyDecision): string {
  return 'reason' in answer ? answer.reason.sentence : '';
}
