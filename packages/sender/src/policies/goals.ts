/** Goals of precopy: policies that end it because little enough is left. */
import type { PrecopyPolicy } from '@mig/hypervisor';
import { CONTINUE } from './compose.js';
import { passes, rate } from './words.js';

/**
 * Stops at libxc's SPP_TARGET_DIRTY_COUNT, with `<=` where libxc has `<`; never before the first pass.
 * @param pages the most dirty pages to stop at
 */
export function dirtyThreshold(pages: number): PrecopyPolicy {
  return ({ iteration, dirtyCount }) => {
    if (dirtyCount === undefined || iteration === 0 || dirtyCount > pages) return CONTINUE;
    const sentence = `${dirtyCount} pages dirty after ${passes(iteration)}; the threshold is ${pages}`;
    return { decision: 'stop-and-copy', reason: { code: 'threshold', sentence } };
  };
}

/**
 * Ends precopy once the estimated downtime is at most this. The estimate counts the pages that are dirty
 * now; because they are sent live once more, fewer are left. If the line's rate is not measured it is an
 * upper bound.
 */
export function maxDowntime(milliseconds: number): PrecopyPolicy {
  return (stats) => {
    const { iteration, dirtyCount, estimatedDowntime, sendRate, lineRate, suspendCost } = stats;
    if (iteration === 0 || estimatedDowntime === undefined || estimatedDowntime > milliseconds)
      return CONTINUE;
    const at = rate(lineRate ?? sendRate!) + (lineRate === undefined ? ' while the bandwidth holds' : '');
    const sentence =
      `an estimated downtime of ${lineRate === undefined ? 'at most ' : ''}${Math.ceil(estimatedDowntime)} ms ` +
      `(${dirtyCount!} pages at ${at}, and ${Math.round(suspendCost)} ms for the suspend itself` +
      `${lineRate === undefined ? '; how fast the line is without it is not measured' : ''}), ` +
      `at most ${milliseconds} ms asked for`;
    return { decision: 'stop-and-copy', reason: { code: 'max-downtime', sentence } };
  };
}

/**
 * Ends precopy if the suspend itself costs as much as the requested downtime: no number of passes gets
 * below it, and with so few pages dirty they would save next to nothing.
 * @param milliseconds the requested downtime
 * @param pages the most dirty pages to stop at
 */
export function fewPagesOutOfReach(milliseconds: number, pages: number): PrecopyPolicy {
  return ({ iteration, dirtyCount, suspendCost }) => {
    if (suspendCost < milliseconds || iteration === 0) return CONTINUE;
    if (dirtyCount === undefined || dirtyCount > pages) return CONTINUE;
    const sentence =
      `${dirtyCount} pages dirty after ${passes(iteration)}: fewer would not help, as the suspend itself counts for ` +
      `${Math.round(suspendCost)} ms of the ${milliseconds} ms asked for`;
    return { decision: 'stop-and-copy', reason: { code: 'threshold', sentence } };
  };
}

/**
 * Aborts if the suspend itself costs as much as the downtime that is a condition: before a page is sent,
 * because no number of passes gets below it.
 */
export function abortOutOfReach(milliseconds: number): PrecopyPolicy {
  return ({ suspendCost }) => {
    if (suspendCost < milliseconds) return CONTINUE;
    const sentence =
      `a downtime of ${milliseconds} ms is out of reach: the suspend itself counts for ${Math.round(suspendCost)} ms, ` +
      'however few pages are dirty';
    return { decision: 'abort', reason: { code: 'out-of-reach', sentence } };
  };
}

/** Tells how the downtime of a migration compares with the one that was asked for. */
export interface DowntimeGoal {
  readonly askedMilliseconds: number;
  readonly downtimeMilliseconds: number;
  readonly met: boolean;
}

/**
 * Compares a measured downtime with the goal `maxDowntime`; undefined if there was no goal or no downtime.
 * @param asked milliseconds
 * @param downtime milliseconds
 */
export function downtimeGoal(
  asked: number | undefined,
  downtime: number | undefined,
): DowntimeGoal | undefined {
  if (asked === undefined || downtime === undefined) return undefined;
  return { askedMilliseconds: asked, downtimeMilliseconds: downtime, met: downtime <= asked };
}
