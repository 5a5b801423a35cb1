// Writes the measurements into docs/policies.md, and the plots beside it.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fill } from './document.mjs';
import { median, quantile } from './figures.mjs';
import { plots } from './plots.mjs';
import { bandwidthPromises, busyPromises, downtimePromises, estimatePromises } from './promises.mjs';
import { tables } from './tables.mjs';

/** @import { Results } from './results.mjs' */

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

/** @param {Results} results */
export async function render(results) {
  const drawn = await plots(results);
  for (const { file, svg } of drawn) writeFileSync(`${docs}${file}`, `${svg}\n`);
  const page = readFileSync(`${docs}policies.md`, 'utf8');
  writeFileSync(`${docs}policies.md`, rendered(page, results, drawn));
}

/**
 * @param {string} page
 * @param {Results} results
 * @param {readonly { file: string, title: string }[]} drawn the plots
 */
export function rendered(page, results, drawn) {
  return fill(page, {
    circumstances: circumstancesText(results),
    downtimes: downtimePromises(results),
    estimates: estimatePromises(results),
    busy: busyPromises(results),
    bandwidth: bandwidthPromises(results),
    plots: drawn.map(({ file, title }) => `![${title}](${file})`).join('\n\n'),
    tables: tables(results),
  });
}

/** @param {Results} results */
function circumstancesText({ circumstances, migrations }) {
  const { date, command, runs, processor, cores, memoryGiB, linux, node, realTime } = circumstances;
  const loads = migrations.map(({ load }) => load);
  return (
    `Measured on ${date.slice(0, 10)} with \`${command}\`: ${migrations.length} migrations, ${runs} of each kind. ` +
    `${processor}, ${cores} cores, ${memoryGiB} GiB, Linux ${linux}, Node ${node}. The load average was ` +
    `${median(loads).toFixed(1)} in the median, ${quantile(loads, 0).toFixed(1)} to ${quantile(loads, 1).toFixed(1)}` +
    (realTime ? ': other work ran at the same time; `chrt -r 1` gave the measurement priority.' : '.')
  );
}
