// What a command writes into a page of the documentation: between two marks, so that the rest of it stays as it is.
import { readFileSync, writeFileSync } from 'node:fs';

/** @param parts by the names of their marks @throws where the page lacks a mark */
export function fill(path, parts) {
  let page = readFileSync(path, 'utf8');
  for (const [name, text] of Object.entries(parts)) {
    const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end: ${name} -->`];
    const [from, to] = [page.indexOf(begin), page.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} lacks ${begin} or, after it, ${end}`);
    page = `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
  }
  writeFileSync(path, page);
}
