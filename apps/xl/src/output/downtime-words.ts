import type { OperatorStatus } from '@mig/operator';
import { millisecondsText } from './figures.js';

/**
 * The estimated downtime in words, with bounds while the line's rate is unknown; undefined without an
 * estimate.
 */
export function downtimeWords(status: OperatorStatus): string | undefined {
  const { estimatedDowntimeMilliseconds: most, leastDowntimeMilliseconds: least } = status;
  if (most === undefined) return undefined;
  return `${isBound(most, least) ? '' : 'about '}${downtimeText(most, least)}`;
}

/**
 * @param least the lower bound; where it differs, `most` is the upper one
 * @param show a time in words
 */
export function downtimeText(most: number, least: number | undefined, show = millisecondsText): string {
  return isBound(most, least)
    ? `${show(least)} to ${show(most)} (the line without the bandwidth is not measured)`
    : show(most);
}

/** The estimated downtime for a table cell, where words do not fit. */
export function downtimeCell(most: number, least: number | undefined, show = millisecondsText): string {
  return `${isBound(most, least) ? '<' : ''}${show(most)}`;
}

function isBound(most: number, least: number | undefined): least is number {
  return least !== undefined && least !== most;
}
