// Figures of a handful of migrations, for a cell.

/** @import { Migration } from './results.mjs' */

/**
 * The quantile by nearest rank: of ten values the 95th percentile is the greatest; of none it is NaN.
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
 * Counts words, the most frequent first: "stall 7, threshold 3"; without a number if there is only one.
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
 * Figures of a cell: migrated domains have a downtime; those that were left running have none.
 * @param {readonly Pick<Migration, 'downtime' | 'iterations' | 'milliseconds' | 'octets' | 'reason'>[]}
 * migrations
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
