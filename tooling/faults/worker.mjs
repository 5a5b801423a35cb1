// A process that performs cases, one after the other, as main.mjs sends them.
import { join } from 'node:path';
import { judge } from './judge.mjs';
import { perform } from './perform.mjs';
import { caseOf } from './strata.mjs';

const [, , folder, seed] = process.argv;

// main.mjs tidies up after all of them.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
process.on('disconnect', () => process.exit(1));
/** On a machine that is busy, patience that is short lapses before the moment has come: then once more with longer. */
async function performAgain(index) {
  for (const slowness of [1, 4]) {
    const it = caseOf(Number(seed), index, slowness);
    const seen = await perform(it, join(folder, `${index}.case`));
    if (seen.reached || seen.skipped !== undefined || slowness > 1)
      return { index, violations: judge(it, seen), seen, again: slowness > 1 };
  }
}

process.on('message', async (index) => {
  try {
    process.send(await performAgain(index));
  } catch (error) {
    process.send({ index, violations: [`the case itself failed: ${error.stack}`] });
  }
});
process.send('ready');
