// pnpm policies: measures migrations by workload, policy and link. See docs/policies.md.
import { byDomain, nameOf } from './cells.mjs';
import { measure } from './measure.mjs';
import { readOptions, RESULTS } from './options.mjs';
import { render } from './render.mjs';
import { circumstances, read, write } from './results.mjs';
import { tables } from './tables.mjs';

/** @import { Migration, Results } from './results.mjs' */

const options = readOptions();

if (options.list) {
  for (const cell of options.cells) console.log(nameOf(cell));
} else if (options.render) {
  await render(read(RESULTS));
} else {
  await measureAll(options);
}

/** @param {typeof options} options */
async function measureAll({ cells, runs, jobs, to, whole }) {
  const command = ['pnpm policies', ...process.argv.slice(2)].join(' ');
  /** @type {Results} */
  const results = { circumstances: circumstances(command, runs), migrations: [] };
  const left = byDomain(cells);
  const all = cells.length * runs;
  /** @param {Migration} migration */
  const tell = (migration) => {
    results.migrations.push(migration);
    console.error(line(results.migrations.length, all, migration));
    // Written now, so that a later failure does not lose it.
    if (to !== undefined) write(to, results);
  };
  // Two migrations on one core would delay each other's suspends.
  const cores = Array.from({ length: jobs }, (_, job) => (jobs === 1 ? undefined : job));
  /** @param {number | undefined} core */
  const work = async (core) => {
    for (let domain; (domain = left.shift()) !== undefined;) await measure(domain, { runs, core, tell });
  };
  await Promise.all(cores.map(work));
  if (whole) await render(results);
  else console.log(tables(results));
}

/** @param {number} number @param {number} all @param {Migration} migration */
function line(number, all, { link, workload, policy, iterations, milliseconds, downtime, reason }) {
  const stood = downtime === undefined ? 'left running' : `downtime ${downtime.toFixed(0)} ms`;
  const took = `${iterations} passes, ${(milliseconds / 1000).toFixed(1)} s`;
  return `${number} of ${all}  ${link}/${workload}/${policy}: ${took}, ${stood}, ${reason}`;
}
