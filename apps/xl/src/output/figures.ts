/** Formats figures for people: each in the unit that suits its size. */
import { PAGE_SIZE } from '@mig/protocol';

export const PAGES_PER_MIB = (1 << 20) / PAGE_SIZE;

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** Formats a size, such as "3.7 TiB". */
export function octetsText(octets: number): string {
  const whole = Math.round(octets);
  if (whole < 1024) return `${whole} ${whole === 1 ? 'byte' : 'bytes'}`;
  let size = octets / 1024;
  let unit = 0;
  // Compares what would be shown: no "1024.0 KiB".
  for (; Number(size.toFixed(1)) >= 1024 && unit < UNITS.length - 1; unit++) size /= 1024;
  return `${size.toFixed(1)} ${UNITS[unit]}`;
}

/** Formats a time, such as "430 ms", "2.50 s", "9 min 30 s", "2 h 5 min" or "1 d 4 h". */
export function millisecondsText(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_995) return `${(milliseconds / 1000).toFixed(2)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3600) return pairText(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  return minutes < 1440 ? pairText(minutes, 60, 'h', 'min') : pairText(minutes / 60, 24, 'd', 'h');
}

/** Formats a figure in two units, such as "9 min 30 s"; the smaller is left out if none of it is over. */
export function pairText(figure: number, each: number, larger: string, smaller: string): string {
  const count = Math.round(figure);
  const rest = count % each;
  return `${Math.floor(count / each)} ${larger}${rest === 0 ? '' : ` ${rest} ${smaller}`}`;
}

/**
 * Formats a rate in pages per second by its octets.
 * @param pages per second
 */
export function pageRateText(pages: number): string {
  return rateText(pages * PAGE_SIZE, 1000);
}

/** Formats a rate from octets and time; a dash if no time passed. */
export function rateText(octets: number, milliseconds: number): string {
  return milliseconds > 0 ? `${octetsText((octets / milliseconds) * 1000)}/s` : '-';
}
