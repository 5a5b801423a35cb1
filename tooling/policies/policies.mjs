// Policies, as options of the command line.

/** @typedef {{ name: string, options: readonly string[] }} Policy */

/** @type {readonly Policy[]} */
export const policies = [
  { name: 'stock', options: [] },
  { name: 'iterations-20', options: ['--precopy-iterations', '20'] },
  { name: 'max-downtime-300', options: ['--max-downtime', '300'] },
  { name: 'max-downtime-100', options: ['--max-downtime', '100'] },
  { name: 'max-downtime-30', options: ['--max-downtime', '30'] },
  { name: 'abort-if-busy', options: ['--abort-if-busy'] },
  { name: 'max-downtime-300-abort-if-busy', options: ['--max-downtime', '300', '--abort-if-busy'] },
];

/**
 * The options as an operator would write them.
 * @param {Policy} policy
 */
export function titleOf({ options }) {
  return options.length === 0 ? 'stock: 5 passes, 50 pages' : options.join(' ');
}
