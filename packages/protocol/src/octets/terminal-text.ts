/**
 * What makes a text fit for a terminal, wherever it comes from: a stream, another host, a guest, a file. A character that
 * has no picture of its own, and so could drive the terminal or hide what stands beside it, is shown by its code.
 */

/**
 * Controls (C0, DEL, C1), formats (bidi among them), halves of a surrogate pair, ends of line and paragraph, and what
 * Unicode has set aside as no character. Tabs stay.
 */
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;
const UNSEEN_BUT_LINES = /(?![\t\r\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu;

/** Characters that a quoted text is shown with, at most: a name or a type of a megabyte says no more. */
export const LONGEST_QUOTE = 200;

/** The text as one line. `ESC [ 2 J` is shown as `\u001b[2J`, which within a string of JSON means the same. */
export function terminalText(text: string): string {
  return text.replace(UNSEEN, codes);
}

/** The same for text of several lines, which stay lines: their ends, and returns to their beginning, are let through. */
export function terminalLines(text: string): string {
  return text.replace(UNSEEN_BUT_LINES, codes);
}

/** What somebody else has chosen, to stand in a sentence: fit for a terminal, and no longer than there is use for. */
export function quoted(text: string): string {
  let shown = '';
  for (const character of text) {
    const next = terminalText(character);
    // As it is shown: a code is six times as long as what it stands for.
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
