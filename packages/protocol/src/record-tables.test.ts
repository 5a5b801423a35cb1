/** The tables in docs/formats.md are those of the code. `MIG_WRITE_DOCS=1` writes them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deviationsTable, imageTable, libxlTable } from './record-tables.test-support.js';

const path = new URL('../../../docs/formats.md', import.meta.url);

/** One space around cells, whatever an editor makes of the columns. */
function plain(text: string): string {
  return text.replace(/ +\|/g, ' |').replace(/\| +/g, '| ').replace(/-{3,}/g, '---').trim();
}

it.each([
  ['image records', imageTable],
  ['libxl records', libxlTable],
  ['tolerated', deviationsTable],
])('%s', (name, generate) => {
  const text = readFileSync(path, 'utf8');
  const [start, end] = [`<!-- table: ${name} -->`, '<!-- end of table -->'];
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  expect([from > start.length, to > from]).toEqual([true, true]);
  if (process.env['MIG_WRITE_DOCS'] === '1') {
    writeFileSync(path, `${text.slice(0, from)}\n\n${generate()}\n\n${text.slice(to)}`);
    return;
  }
  expect(plain(text.slice(from, to))).toBe(plain(generate()));
});
