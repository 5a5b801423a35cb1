/** Least columns that a cut column keeps. */
const LEAST = 8;

/**
 * Formats a table with columns as wide as needed: words aligned left, figures right.
 * @param width columns that there are: of the widest columns of words as much is cut as it takes
 */
export function textTable(
  rows: readonly (readonly string[])[],
  align: readonly ('left' | 'right')[],
  width = Infinity,
): string[] {
  const widths = align.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const words = [...align.keys()].filter((column) => align[column] === 'left');
  for (;;) {
    const over = widths.reduce((sum, each) => sum + each + 2, -2) - width;
    const widest = words.reduce(
      (most, column) => (widths[column]! > widths[most]! ? column : most),
      words[0]!,
    );
    if (over <= 0 || !(widths[widest]! > LEAST)) break;
    widths[widest]!--;
  }
  return rows.map((row) =>
    row
      .map((cell, column) => fitted(cell, widths[column] ?? 0, align[column]))
      .join('  ')
      .trimEnd(),
  );
}

function fitted(cell: string, width: number, align: 'left' | 'right' | undefined): string {
  const cut = cell.length > width ? `${cell.slice(0, width - 3)}...` : cell;
  return align === 'left' ? cut.padEnd(width) : cut.padStart(width);
}
