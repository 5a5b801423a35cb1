// pnpm bench: measures mig's performance. See docs/performance.md.
import { read, startResults, write } from './results.mjs';
import { readOptions } from './options.mjs';
import { render, RESULTS } from './document.mjs';
import { text } from './tables.mjs';
import { Workbench } from './workbench.mjs';

const options = readOptions(process.argv.slice(2));
if (options.render) render(read(RESULTS));
else await measure(options);

/** @param {typeof options} options */
async function measure({ parts, json, writeDocs, ...how }) {
  const results = startResults(['pnpm bench', ...process.argv.slice(2)].join(' '), how);
  const bench = new Workbench(how);
  try {
    for (const part of parts) {
      const began = performance.now();
      const rows = await part.measure(bench);
      bench.tell(`${part.name} took ${((performance.now() - began) / 1000).toFixed(0)} s`);
      results.rows.push(...rows.map((row) => ({ part: part.name, ...row })));
      results.notes = bench.notes;
      // Written now, so that a later failure does not lose it.
      if (json !== undefined) write(json, results);
      console.log(`${part.name}: ${part.about}\n${text(results, part)}\n`);
    }
  } finally {
    bench.close();
  }
  if (!writeDocs) return;
  write(RESULTS, results);
  render(results);
}
