// docs/performance.md and the file of results that its tables are made from.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fill } from '../policies/document.mjs';
import { parts } from './parts.mjs';
import { memoryText } from './rows.mjs';
import { markdown } from './tables.mjs';

/** @import { Results } from './results.mjs' */

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
export const RESULTS = `${docs}performance.json`;
const PAGE = `${docs}performance.md`;

/** @param {Results} results */
export function render(results) {
  writeFileSync(PAGE, rendered(readFileSync(PAGE, 'utf8'), results));
}

/** @param {string} page @param {Results} results */
export function rendered(page, results) {
  const tables = parts.map((part) => [part.name, markdown(results, part)]);
  return fill(page, { circumstances: circumstancesText(results), ...Object.fromEntries(tables) });
}

/** @param {Results} results */
function circumstancesText({ circumstances, notes }) {
  const { date, command, runs, sizes, processor, cores, memoryGiB, linux, node, load, realTime } =
    circumstances;
  const { compiler = 'no C compiler', qemu = 'no QEMU' } = circumstances;
  const sentences = [
    `Measured on ${date.slice(0, 10)} with \`${command}\`: ${runs} runs of each row, domains of ${sizes.map(memoryText).join(', ')}.`,
    `${processor}, ${cores} cores, ${memoryGiB} GiB, Linux ${linux}, Node ${node}, ${qemu}, ${compiler}.`,
    `The load average of the minute before was ${load.toFixed(1)}${realTime ? '; `chrt` kept other work from coming between' : ''}.`,
    ...notes,
  ];
  return sentences.join(' ');
}
