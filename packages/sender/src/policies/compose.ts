import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';

export const CONTINUE = { decision: 'continue-precopy' } as const;

/** What the first of them says that does not say continue. */
export function firstOf(...policies: readonly PrecopyPolicy[]): PrecopyPolicy {
  return (stats) => {
    for (const policy of policies) {
      const answer = policy(stats);
      if (answer.decision !== 'continue-precopy') return answer;
    }
    return CONTINUE;
  };
}

/**
 * Aborts where a limit is reached before the goal. Convergence is never called busy: after a pass, when what it left
 * dirty is about to be known, it waits to know.
 */
export function abortIfBusy(goal: PrecopyPolicy, limit: PrecopyPolicy): PrecopyPolicy {
  return (stats) => {
    const reached = goal(stats);
    if (reached.decision !== 'continue-precopy' || stats.point === 'pass-finished') return reached;
    const ended = limit(stats);
    if (ended.decision !== 'stop-and-copy') return ended;
    const { code, sentence } = ended.reason;
    return {
      decision: 'abort',
      reason: { code: 'busy', sentence: `the domain is busy (${code}): ${sentence}${prospect(stats)}` },
    };
  };
}

/** What suspending it now would come to. */
function prospect({ estimatedDowntime: most, leastDowntime: least = most, lineRate }: PrecopyStats): string {
  if (most === undefined || least === undefined) return '';
  const time =
    lineRate === undefined
      ? `at least ${Math.floor(least)} ms and at most ${Math.ceil(most)} ms (how fast the line is without the bandwidth ` +
        'is not measured)'
      : `some ${Math.ceil(most)} ms`;
  return `; suspended now, it would stand still for ${time}`;
}
