/** Of the whole report: pages in pages, time in seconds unless it says ms, octets in MiB. */
import { octetsText } from '../migrate/figures.js';

export const PAGE = 4096;
const MIB = 2 ** 20;

export const seconds = (milliseconds: number): number => milliseconds / 1000;
export const mib = (octets: number): number => octets / MIB;
export const mibOfPages = (pages: number): number => mib(pages * PAGE);

/** The largest of any number of figures, and 0. A trace has more of them than a call can have arguments. */
export function largest(figures: readonly number[]): number {
  return figures.reduce((most, each) => Math.max(most, each), 0);
}

/** The smallest of any number of figures; infinite of none. */
export function smallest(figures: readonly number[]): number {
  return figures.reduce((least, each) => Math.min(least, each), Infinity);
}

/** Digits in groups of three, apart by a narrow space that does not break. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export function timeText(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return milliseconds >= 10 ? `${milliseconds.toFixed(0)} ms` : `${milliseconds.toFixed(1)} ms`;
}

/** @returns a dash where no time passed */
export function mibRateText(octets: number, milliseconds: number): string {
  return milliseconds > 0 ? `${(mib(octets) / (milliseconds / 1000)).toFixed(1)} MiB/s` : '–';
}

export { octetsText };
