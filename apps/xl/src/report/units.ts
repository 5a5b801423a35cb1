/** Units of the whole report: pages in pages, time in seconds unless it says ms, octets in MiB. */
import { octetsText } from '../output/figures.js';

export const PAGE = 4096;
const MIB = 2 ** 20;

export const seconds = (milliseconds: number): number => milliseconds / 1000;
export const mib = (octets: number): number => octets / MIB;
export const mibOfPages = (pages: number): number => mib(pages * PAGE);

/**
 * The largest of any number of figures, at least 0. A trace has more figures than a call can have
 * arguments.
 */
export function largest(figures: readonly number[]): number {
  return figures.reduce((most, each) => Math.max(most, each), 0);
}

/** The smallest of any number of figures; infinite if there is none. */
export function smallest(figures: readonly number[]): number {
  return figures.reduce((least, each) => Math.min(least, each), Infinity);
}

/** Formats digits in groups of three, separated by a narrow no-break space. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export function timeText(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`;
}

/**
 * Formats a rate.
 * @returns a dash if no time passed
 */
export function mibRateText(octets: number, milliseconds: number): string {
  return milliseconds > 0 ? `${(mib(octets) / (milliseconds / 1000)).toFixed(1)} MiB/s` : '–';
}

export { octetsText };
