/** The end of a run: the last lines of what failed, the table, and the status. */
import { lastWords } from './results.mjs';
import { formatTable } from './verdicts.mjs';

/**
 * Prints the last lines of each failed case, and why a lab failed.
 * @param {import('./one-host.mjs').LabRun[]} runs
 */
export function showFailures(runs) {
  for (const { verdicts, results, trouble } of runs) {
    for (const { name } of verdicts.filter(({ passed }) => !passed)) {
      const words = lastWords(results, name);
      if (words !== '') console.log(`\n${name}, in ${results}:\n${words}`);
    }
    if (trouble !== undefined) console.log(`\n${trouble}`);
  }
}

/**
 * @param {object} run
 * @param {import('./verdicts.mjs').Verdict[]} run.verdicts one of each case
 * @param {import('./one-host.mjs').LabRun[]} run.runs the last ones
 */
export function report({ verdicts, runs }) {
  showFailures(runs);
  const failed = verdicts.filter(({ passed }) => !passed);
  console.log(`\n${formatTable(verdicts)}\n`);
  console.log(`${verdicts.length - failed.length} of ${verdicts.length} cases passed`);
  for (const { results } of runs) console.log(`logs: ${results}`);
  const troubled = runs.some(({ trouble }) => trouble !== undefined);
  process.exitCode = failed.length > 0 || verdicts.length === 0 || troubled ? 1 : 0;
}
