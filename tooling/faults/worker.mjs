// A process that performs cases, one after the other, as main.mjs sends them.
import { join } from 'node:path';
import { judge } from './judge.mjs';
import { perform } from './perform.mjs';
import { caseOf } from './strata.mjs';

/**
 * The result of a case; without `seen` if it could not be performed.
 * @typedef {object} Result
 * @property {string[]} violations
 * @property {import('./scene.mjs').Seen | import('./scene.mjs').Skipped} [seen]
 * @property {boolean} [again] repeated with longer timeouts
 */

const [, , folder = '', seed] = process.argv;

// main.mjs cleans up after all of them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
process.on('disconnect', () => process.exit(1));
/**
 * Performs a case; on a busy machine a short timeout may expire before the point is reached: then it is
 * repeated with longer ones.
 * @param {number} index
 * @param {number} [slowness]
 * @returns {Promise<Result>}
 */
async function performAgain(index, slowness = 1) {
  const it = caseOf(Number(seed), index, slowness);
  const seen = await perform(it, join(folder, `${index}.case`));
  if (!seen.reached && seen.skipped === undefined && slowness === 1) return performAgain(index, 4);
  return { violations: judge(it, seen), seen, again: slowness > 1 };
}

/** @param {unknown} error */
const failed = (error) => ({
  violations: [`the case itself failed: ${error instanceof Error ? error.stack : String(error)}`],
});

process.on('message', async (/** @type {number} */ index) => {
  process.send?.({ index, ...(await performAgain(index).catch(failed)) });
});
process.send?.('ready');
