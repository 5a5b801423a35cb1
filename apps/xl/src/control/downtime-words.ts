import type { OperatorStatus } from '@mig/sender/operator';
import { millisecondsText } from '../migrate/figures.js';

/** How long the domain would stand still, with bounds where it is not known how fast the line is; undefined while neither is. */
export function downtimeWords(status: OperatorStatus): string | undefined {
  const { estimatedDowntimeMilliseconds: most, leastDowntimeMilliseconds: least = most } = status;
  if (most === undefined || least === undefined) return undefined;
  if (least === most) return `about ${millisecondsText(most)}`;
  return `${millisecondsText(least)} to ${millisecondsText(most)} (the line without the bandwidth is not measured)`;
}
