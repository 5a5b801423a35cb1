// The last table: a row for each figure, a column for each way.
import { style } from './screen.mjs';

/**
 * @param {readonly string[]} heads
 * @param {readonly string[]} names of the rows
 * @param {readonly (readonly string[])[]} columns
 * @param {string} most the row that all is about
 */
export function table(heads, names, columns, most) {
  const cells = [heads, ...names.map((name, row) => [name, ...columns.map((column) => column[row] ?? '')])];
  const widths = heads.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const lines = cells.map((row) => {
    const line = row.map((cell, at) =>
      at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[at] ?? 0) + 3),
    );
    return row === heads || row[0] === most ? style('bold', line.join('')) : line.join('');
  });
  return `${lines.join('\n')}\n`;
}
