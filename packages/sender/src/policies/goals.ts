/** What precopy is for: policies that end it because little enough is left. */
import type { PrecopyPolicy } from '@mig/hypervisor';
import { CONTINUE } from './compose.js';
import { passes, rate } from './words.js';

/**
 * libxc's SPP_TARGET_DIRTY_COUNT, with `<=` where it has `<`; never before the first pass.
 * @param pages at most so many are dirty
 */
export function dirtyThreshold(pages: number): PrecopyPolicy {
  return ({ iteration, dirtyCount }) => {
    if (dirtyCount === undefined || iteration === 0 || dirtyCount > pages) return CONTINUE;
    const sentence = `${dirtyCount} pages dirty after ${passes(iteration)}, at most ${pages} asked for`;
    return { decision: 'stop-and-copy', reason: { code: 'threshold', sentence } };
  };
}

/**
 * Ends precopy once the guest would stand still for no longer than this. The estimate counts the pages that are dirty
 * now; since they are sent live once more, fewer are left. Where the line is not measured it is an upper bound.
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
 * Ends precopy where the suspend itself costs as much as the downtime that was asked for: no number of passes gets below
 * it, and with so few pages dirty they would save next to nothing.
 * @param milliseconds asked for
 * @param pages at most so many are dirty
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
 * Aborts where the suspend itself costs as much as the downtime that is a condition: before a page is sent, since no
 * number of passes gets below it.
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
