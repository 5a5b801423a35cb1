/** What precopy may cost: policies that end it however much is left. */
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { CONTINUE } from './compose.js';
import { passes, rate, seconds } from './words.js';

/** Passes in a row that have not shrunk the dirty set: fewer would take chance for a rule. */
const STALLED_PASSES = 3;
/** What counts as having shrunk: to less than so much of the least before. */
const SHRUNK = 0.9;

/** libxc's SPP_MAX_ITERATIONS. @param count live passes at most; 0 suspends before anything is sent */
export function iterationLimit(count: number): PrecopyPolicy {
  return (stats) => {
    const { iteration, point } = stats;
    if (point === 'between-batches' || iteration < count) return CONTINUE;
    const sentence = `${passes(iteration)} made, ${count} allowed${stallRemark(stats)}`;
    return { decision: 'stop-and-copy', reason: { code: 'iterations', sentence } };
  };
}

/** Acts in the middle of a pass, too. @param milliseconds since precopy began */
export function timeLimit(milliseconds: number, action: 'suspend' | 'abort'): PrecopyPolicy {
  return (stats) => {
    const { elapsedMilliseconds } = stats;
    if (elapsedMilliseconds < milliseconds) return CONTINUE;
    const sentence =
      `${seconds(elapsedMilliseconds)} of precopy, ${seconds(milliseconds)} allowed` + stallRemark(stats);
    const decision = action === 'suspend' ? 'stop-and-copy' : 'abort';
    return { decision, reason: { code: 'timeout', sentence } };
  };
}

/** Ends precopy when further passes cannot reduce what is dirty: it is written faster than it is sent. */
export function stallLimit(): PrecopyPolicy {
  return (stats) => {
    if (stats.point !== 'dirty-count-known') return CONTINUE;
    const sentence = stallSentence(stats);
    return sentence === undefined
      ? CONTINUE
      : { decision: 'stop-and-copy', reason: { code: 'stall', sentence } };
  };
}

/** Why further passes are of no use; undefined while they are. */
function stallSentence({ dirtyCounts, dirtyRate, sendRate }: PrecopyStats): string | undefined {
  const recent = dirtyCounts.slice(-STALLED_PASSES);
  const earlier = dirtyCounts.slice(0, -STALLED_PASSES);
  if (earlier.length === 0) return undefined;
  const least = Math.min(...earlier);
  if (recent.some((count) => count < least * SHRUNK)) return undefined;
  return (
    `the last ${STALLED_PASSES} passes left ${recent.join(', ')} pages dirty, no fewer than the ${least} before: ` +
    `${rate(dirtyRate ?? 0)} are dirtied, ${rate(sendRate ?? 0)} sent`
  );
}

function stallRemark(stats: PrecopyStats): string {
  const sentence = stallSentence(stats);
  return sentence === undefined ? '' : `; ${sentence}`;
}
