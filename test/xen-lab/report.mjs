/** What a run ends with: the last words of what failed, the table, and the status. */
import { join } from 'node:path';
import { lastWords } from './results.mjs';
import { formatTable, readVerdicts } from './verdicts.mjs';

/**
 * @param {object} run
 * @param {import('./case-files.mjs').Case[]} run.cases
 * @param {string[]} run.results the folders of the machines' logs; the first one's holds the verdicts
 * @param {string} [run.trouble] why the lab itself failed
 */
export function report({ cases, results, trouble }) {
  const verdicts = readVerdicts(join(results[0], 'out'), cases);
  const failed = verdicts.filter(({ passed }) => !passed);
  for (const { name } of failed) {
    for (const folder of results) {
      const words = lastWords(folder, name);
      if (words !== '') console.log(`\n${name}, in ${folder}:\n${words}`);
    }
  }
  if (trouble !== undefined) console.log(`\n${trouble}`);
  console.log(`\n${formatTable(verdicts)}\n`);
  console.log(`${verdicts.length - failed.length} of ${verdicts.length} cases passed`);
  for (const folder of results) console.log(`logs: ${folder}`);
  process.exitCode = failed.length > 0 || verdicts.length === 0 || trouble !== undefined ? 1 : 0;
}
