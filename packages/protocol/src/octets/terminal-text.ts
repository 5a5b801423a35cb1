/**
 * Makes text safe for a terminal, whether it comes from a stream, another host, a guest or a file. Characters
 * without a picture of their own, which could drive the terminal or hide their neighbours, are shown by their
 * code.
 */

/**
 * Matches controls (C0, DEL, C1), formats (including bidi), halves of a surrogate pair, line and paragraph
 * separators, and Unicode's noncharacters. Tabs stay.
 */
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;
const UNSEEN_BUT_LINES = /(?![\t\r\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

/** Most characters of a quoted text: a name of a megabyte tells no more. */
export const LONGEST_QUOTE = 200;

/**
 * Returns the text as one line. `ESC [ 2 J` is shown as `\u001b[2J`, which means the same within a JSON
 * string.
 */
export function terminalText(text: string): string {
  return text.replace(UNSEEN, codes);
}

/** Returns the text of several lines with its line feeds and carriage returns kept. */
export function terminalLines(text: string): string {
  return text.replace(UNSEEN_BUT_LINES, codes);
}

/**
 * Quotes text from another party within a sentence: safe for a terminal, and no longer than LONGEST_QUOTE.
 */
export function quoted(text: string): string {
  let shown = '';
  for (const character of text) {
    const next = terminalText(character);
    // Counts the shown characters: a code is six times as long as the character.
    if (shown.length + next.length > LONGEST_QUOTE) return `${shown}...`;
    shown += next;
  }
  return shown;
}

function codes(character: string): string {
  return Array.from({ length: character.length }, (_, i) => code(character.charCodeAt(i))).join('');
}

function code(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
