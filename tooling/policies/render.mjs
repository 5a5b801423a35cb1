// Puts what was measured into docs/policies.md.
import { fileURLToPath } from 'node:url';
import { fill } from './document.mjs';
import { median, quantile } from './figures.mjs';
import { bandwidthPromises, busyPromises, downtimePromises } from './promises.mjs';
import { tables } from './tables.mjs';

const page = fileURLToPath(new URL('../../docs/policies.md', import.meta.url));

export function render(results) {
  fill(page, {
    circumstances: circumstancesText(results),
    downtimes: downtimePromises(results),
    busy: busyPromises(results),
    bandwidth: bandwidthPromises(results),
    tables: tables(results),
  });
}

function circumstancesText({ circumstances, migrations }) {
  const { date, command, runs, processor, cores, memoryGiB, linux, node } = circumstances;
  const loads = migrations.map(({ load }) => load);
  return (
    `Measured on ${date.slice(0, 10)} with \`${command}\`: ${migrations.length} migrations, ${runs} of each kind. ` +
    `${processor}, ${cores} cores, ${memoryGiB} GiB, Linux ${linux}, Node ${node}. Load average meanwhile: median ` +
    `${median(loads).toFixed(1)}, ${quantile(loads, 0).toFixed(1)} to ${quantile(loads, 1).toFixed(1)}.`
  );
}
