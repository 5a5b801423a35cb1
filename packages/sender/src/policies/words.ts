/** Words for the reasons of policies. */

export function passes(count: number): string {
  return count === 1 ? '1 live pass' : `${count} live passes`;
}

export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toFixed(1))} s`;
}

/** Formats a rate in pages per second. */
export function rate(pagesPerSecond: number): string {
  return `${Math.round(pagesPerSecond)} pages/s`;
}
