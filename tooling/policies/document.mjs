// Writes a command's output into a page of the documentation, between two marks, so that the rest of the
// page stays.

/**
 * @param {string} page
 * @param {Record<string, string>} parts by the names of their marks
 * @returns {string}
 * @throws where the page lacks a mark
 */
export function fill(page, parts) {
  return Object.entries(parts).reduce(fillOne, page);
}

/** @param {string} page @param {[name: string, text: string]} part */
function fillOne(page, [name, text]) {
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks ${begin} or, after it, ${end}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}
