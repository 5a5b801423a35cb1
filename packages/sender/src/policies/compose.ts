import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';

export const CONTINUE = { decision: 'continue-precopy' } as const;

/** The first decision that is not `continue-precopy`. */
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
 * Aborts if a limit is reached before the goal. A converged migration is never called busy: after a pass,
 * when its dirty count is about to be known, the policy waits for it.
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

/** The expected downtime of a suspend now, in words. */
function prospect({ estimatedDowntime: most, leastDowntime: least = most, lineRate }: PrecopyStats): string {
  if (most === undefined || least === undefined) return '';
  const time =
    lineRate === undefined
      ? `at least ${Math.floor(least)} ms and at most ${Math.ceil(most)} ms (how fast the line is without the bandwidth ` +
        'is not measured)'
      : `some ${Math.ceil(most)} ms`;
  return `; suspended now, it would be paused for ${time}`;
}
