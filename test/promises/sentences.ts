/** Splits a document into sentences; a row of a table is one, too. */

/**
 * @param page Markdown
 * @param heading of the section, with its marks; its subsections belong to it
 * @param end beginning of the paragraph, row or item at which to stop early
 */
export function sentencesOf(page: string, heading: string, end?: string): string[] {
  const found: string[] = [];
  for (const block of blocksOf(sectionOf(page, heading))) {
    if (end !== undefined && block.startsWith(end)) break;
    found.push(...(block.startsWith('|') ? [block] : sentencesIn(block)));
  }
  return found;
}

/** The options in the output of `--help`, each with its text. */
export function optionsOf(help: string): string[] {
  const [, options = ''] = help.split('\nOptions:\n');
  return options
    .split(/\n(?=-)/)
    .map((option) => option.replace(/\s+/g, ' ').trim())
    .filter((option) => option !== '');
}

function sectionOf(page: string, heading: string): string {
  const lines = page.replace(/```[^]*?```|<!--[^]*?-->/g, '').split('\n');
  const from = lines.indexOf(heading);
  if (from === -1) throw new Error(`there is no section ${heading}`);
  const depth = heading.indexOf(' ');
  const past = lines.findIndex((line, i) => i > from && /^#+ /.test(line) && line.indexOf(' ') <= depth);
  return lines
    .slice(from + 1, past === -1 ? undefined : past)
    .filter((line) => !line.startsWith('#'))
    .join('\n');
}

/** Paragraphs, items of lists and rows of tables except the first, each in one line and without emphasis. */
function blocksOf(section: string): string[] {
  return section
    .replace(/^\|.*\n\|[ |-]*\|$/gm, '')
    .split(/\n\s*\n|\n(?=[-|] ?)/)
    .map((block) => block.replace(/\*\*/g, '').replace(/\s+/g, ' ').trim().replace(/^- /, ''))
    .filter((block) => block !== '');
}

function sentencesIn(block: string): string[] {
  return block.split(/(?<=[.!?]\)?) (?=[A-Z`*(["]|mig )/);
}
