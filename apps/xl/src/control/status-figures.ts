import { PAGE_SIZE } from '@mig/protocol';
import type { OperatorStatus } from '@mig/operator';
import { rateText } from '../output/figures.js';

/**
 * A rate in octets a second.
 * @param pages per second
 */
export function pageRateText(pages: number): string {
  return rateText(pages * PAGE_SIZE, 1000);
}

/** The part of the running pass that is done; a dash before the first. */
export function passShare({ pass }: OperatorStatus): string {
  if (pass === undefined) return '-';
  return `${pass.dirtyPages === 0 ? 100 : Math.floor((pass.pagesDone / pass.dirtyPages) * 100)} %`;
}
