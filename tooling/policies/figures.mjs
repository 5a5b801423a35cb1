// What a handful of migrations were like: the figures of a cell.

/** @import { Migration } from './results.mjs' */

/**
 * Nearest rank: of ten values the 95th percentile is the greatest; of none it is NaN.
 * @param {readonly number[]} values
 * @param {number} share
 * @returns {number}
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/**
 * How often each occurs, the most frequent first: "stall 7, threshold 3"; without a number where it is one alone.
 * @param {readonly string[]} words
 */
export function tally(words) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([word, count]) => (sorted.length === 1 ? word : `${word} ${count}`)).join(', ');
}

/**
 * Domains that were moved have a downtime; those that were left running have none.
 * @param {readonly Pick<Migration, 'downtime' | 'iterations' | 'milliseconds' | 'octets' | 'reason'>[]} migrations
 */
export function cellFigures(migrations) {
  const downtimes = migrations.flatMap(({ downtime }) => downtime ?? []);
  return {
    runs: migrations.length,
    iterations: median(migrations.map(({ iterations }) => iterations)),
    seconds: median(migrations.map(({ milliseconds }) => milliseconds)) / 1000,
    megabytes: median(migrations.map(({ octets }) => octets)) / 1e6,
    downtime: downtimes.length === 0 ? undefined : median(downtimes),
    downtime95: downtimes.length === 0 ? undefined : quantile(downtimes, 0.95),
    reasons: tally(migrations.map(({ reason }) => reason)),
  };
}
