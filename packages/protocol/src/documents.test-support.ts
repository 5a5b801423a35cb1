/**
 * Generates the parts of documents that derive from the code. `MIG_WRITE_DOCS=1` writes them instead of
 * comparing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Puts one space around cells, however an editor aligned the columns. */
function plain(text: string): string {
  return text.replace(/ +\|/g, ' |').replace(/\| +/g, '| ').replace(/-{3,}/g, '---').trim();
}

/**
 * Compares a part of a document with what the code generates.
 * @param document its name in docs/
 * @param part name of the part: it stands between `<!-- table: PART -->` and the end mark
 */
export function expectDocumented(document: string, part: string, generated: string): void {
  const path = new URL(`../../../docs/${document}`, import.meta.url);
  const text = readFileSync(path, 'utf8');
  const [start, end] = [`<!-- table: ${part} -->`, '<!-- end of table -->'];
  const from = text.indexOf(start) + start.length;
  const to = text.indexOf(end, from);
  expect([from > start.length, to > from]).toEqual([true, true]);
  if (process.env['MIG_WRITE_DOCS'] === '1') {
    writeFileSync(path, `${text.slice(0, from)}\n\n${generated}\n\n${text.slice(to)}`);
    return;
  }
  expect(plain(text.slice(from, to)), 'MIG_WRITE_DOCS=1 writes it').toBe(plain(generated));
}
