/** Units of the report: each text, and each axis, in the unit that its size asks for. */
import { octetsText, pairText } from '../output/figures.js';

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

/** Formats digits in groups of three, as the axes do: "1,048,576". */
export function countText(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Formats a span from the least to the greatest count. */
export function countRangeText(least: number, most: number): string {
  return least === most ? countText(most) : `${countText(least)} to ${countText(most)}`;
}

export function timeText(milliseconds: number): string {
  if (milliseconds < 0) return `−${timeText(-milliseconds)}`;
  if (milliseconds < 9.95) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 999.5) return `${milliseconds.toFixed(0)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 3599.5) return pairText(seconds, 60, 'min', 's');
  const minutes = seconds / 60;
  return minutes < 1439.5 ? pairText(minutes, 60, 'h', 'min') : pairText(minutes / 60, 24, 'd', 'h');
}

/** Formats a rate in bytes; a dash if no time passed. */
export function rateText(octets: number, milliseconds: number): string {
  return milliseconds > 0 ? `${octetsText(Math.round((octets / milliseconds) * 1000))}/s` : '–';
}

/** The unit of an axis. */
export interface Scale {
  readonly unit: string;
  /** Turns a figure into that unit. */
  readonly of: (figure: number) => number;
}

/** Makes a function that chooses among units, the smallest first: the largest of which there are enough. */
function chooser(units: readonly (readonly [unit: string, size: number])[], enough: number) {
  return (most: number): Scale => {
    const [unit, size] = units.findLast(([, each]) => most >= each * enough) ?? units[0]!;
    return { unit, of: (figure) => figure / size };
  };
}

/** The unit for times up to that many milliseconds. */
export const timeScale = chooser(
  [
    ['ms', 1],
    ['s', 1000],
    ['min', 60_000],
    ['h', 3_600_000],
  ],
  2,
);

/** The unit for rates up to that many bytes a second. */
export const rateScale = chooser(
  [
    ['KiB/s', 2 ** 10],
    ['MiB/s', 2 ** 20],
    ['GiB/s', 2 ** 30],
  ],
  1,
);

export { octetsText };
