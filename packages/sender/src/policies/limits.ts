/** Limits of precopy: policies that end it however much is left. */
import type { PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { KEPT_COUNTS } from '../precopy-stats.js';
import { CONTINUE } from './compose.js';
import { passes, rate, seconds } from './words.js';

/** Passes in a row without a smaller dirty set that make a stall: fewer may be chance. */
export const STALL_PASSES_DEFAULT = 3;
/** Milliseconds that these passes must have taken: a guest that is busy for less is not busy for good. */
const STALLED_MILLISECONDS = 1000;
/** Largest ratio of two dirty counts that counts as a decrease. */
const SHRUNK = 0.95;
/** Most counts that a sentence shows, the latest ones. */
const SHOWN = 5;

/**
 * Stops at libxc's SPP_MAX_ITERATIONS.
 * @param count most live passes; 0 suspends before a page is sent
 */
export function iterationLimit(count: number): PrecopyPolicy {
  return (stats) => {
    const { iteration, point } = stats;
    if (point === 'between-batches' || iteration < count) return CONTINUE;
    const sentence = `${passes(iteration)} made, ${count} allowed${stallRemark(stats)}`;
    return { decision: 'stop-and-copy', reason: { code: 'iterations', sentence } };
  };
}

/**
 * Stops or aborts after a time, also in the middle of a pass.
 * @param milliseconds since precopy began
 */
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

/**
 * Ends precopy when further passes do not reduce the dirty set: it is written as fast as it is sent.
 * @param count passes in a row without a decrease, less than the hundred whose counts are kept
 */
export function stallLimit(count = STALL_PASSES_DEFAULT): PrecopyPolicy {
  return (stats) => {
    if (stats.point !== 'dirty-count-known') return CONTINUE;
    const level = levelCounts(stats);
    // Each pass sends what the pass before has left.
    const sent = level.slice(0, -1).reduce((sum, count) => sum + count, 0);
    const long = stats.sendRate === undefined || (sent / stats.sendRate) * 1000 >= STALLED_MILLISECONDS;
    // No more counts are kept, however short the passes were.
    const allKnown = level.length >= KEPT_COUNTS;
    return level.length > count && (long || allKnown)
      ? { decision: 'stop-and-copy', reason: { code: 'stall', sentence: stallSentence(level, stats) } }
      : CONTINUE;
  };
}

/** The latest dirty counts, as far back as none is much less than an earlier one. */
function levelCounts({ dirtyCounts }: PrecopyStats): readonly number[] {
  let first = dirtyCounts.length;
  for (let least = Infinity; first > 0; first--) {
    const count = dirtyCounts[first - 1]!;
    if (least < count * SHRUNK) break;
    least = Math.min(least, count);
  }
  return dirtyCounts.slice(first);
}

/**
 * Words a stall. Its two rates do not tell which is faster, the guest or the line: the log counts a page once a
 * pass, however often it is written, and a pass takes longer than its pages need on the line.
 */
function stallSentence(level: readonly number[], { dirtyRate, sendRate }: PrecopyStats): string {
  const isGrowing = level.at(-1)! * SHRUNK > level[0]!;
  return (
    `the last ${level.length - 1} passes did not reduce the dirty pages (${level.slice(-SHOWN).join(', ')}): ` +
    `${isGrowing ? 'more' : 'as many'} are written again while a pass is sent, so more passes do not help ` +
    `(written: at least ${rate(dirtyRate ?? 0)}, each page counted once a pass; sent: ${rate(sendRate ?? 0)})`
  );
}

function stallRemark(stats: PrecopyStats): string {
  const level = levelCounts(stats);
  return level.length > STALL_PASSES_DEFAULT ? `; ${stallSentence(level, stats)}` : '';
}
