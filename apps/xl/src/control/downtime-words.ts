import type { OperatorStatus } from '@mig/operator';
import { millisecondsText } from '../migrate/figures.js';

/** How long the domain would stand still, with bounds where it is not known how fast the line is; undefined while neither is. */
export function downtimeWords(status: OperatorStatus): string | undefined {
  const { estimatedDowntimeMilliseconds: most, leastDowntimeMilliseconds: least } = status;
  if (most === undefined) return undefined;
  return `${isBound(most, least) ? '' : 'about '}${downtimeText(most, least)}`;
}

/** @param least the lower bound; where it is another, `most` is the upper one @param show a time in words */
export function downtimeText(most: number, least: number | undefined, show = millisecondsText): string {
  return isBound(most, least)
    ? `${show(least)} to ${show(most)} (the line without the bandwidth is not measured)`
    : show(most);
}

/** In a table, where there is no room for words. */
export function downtimeCell(most: number, least: number | undefined, show = millisecondsText): string {
  return `${isBound(most, least) ? '<' : ''}${show(most)}`;
}

function isBound(most: number, least: number | undefined): least is number {
  return least !== undefined && least !== most;
}
