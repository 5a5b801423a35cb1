// Tables of a part, for a terminal and for a Markdown page.
import { textTable } from '@mig/xl/text-table';

/** @import { Part } from './parts.mjs' */
/** @import { Results } from './results.mjs' */

const NOTHING = 'Nothing of this was measured.';

/** @param {Results} results @param {Part} part */
function tableOf({ rows }, part) {
  const own = rows.filter((row) => row.part === part.name);
  return own.length === 0 ? undefined : part.table(own);
}

/** @param {Results} results @param {Part} part */
export function text(results, part) {
  const table = tableOf(results, part);
  return table === undefined ? NOTHING : textTable([table.heading, ...table.rows], table.align).join('\n');
}

/** @param {Results} results @param {Part} part */
export function markdown(results, part) {
  const table = tableOf(results, part);
  if (table === undefined) return NOTHING;
  const rule = table.align.map((side) => (side === 'left' ? '---' : '---:'));
  return [table.heading, rule, ...table.rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
