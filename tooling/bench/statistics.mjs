/**
 * Median and spread of a handful of runs; NaN for none.
 * @param {readonly number[]} values
 */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [median, least, most] = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  return { median: median ?? NaN, least: least ?? NaN, most: most ?? NaN };
}

/** @param {readonly number[]} values */
export function spread(values, digits = 2) {
  const { median, least, most } = summary(values);
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
