/**
 * Lexer of xl.cfg. Keys are lower case; strings stand in single or double quotes on one line; a comment
 * runs to the end of its line and counts as that end. Beyond stock: CR before LF, a comment on a last line
 * without LF, and numeric escapes, which stock accepts and then drops.
 */
import { ConfigurationError, type Place } from './errors.js';

export type TokenKind =
  'key' | 'number' | 'string' | '=' | '+=' | ',' | '[' | ']' | ';' | 'end of line' | 'end of text';

export interface Token {
  readonly kind: TokenKind;
  /** The word; of a string its content, without quotes and escapes. */
  readonly text: string;
  readonly place: Place;
}

const blank = /[ \t]+/y;
const lineEnd = /(?:#[^\n]*)?(?:\r?\n|$)/y;
const word = /[a-z][._0-9a-z]*/y;
const digits = /[0-9][0-9a-fx]*/y;
const sign = /\+=|[=,;[\]]/y;

export class Lexer {
  #position = 0;
  #line = 1;
  #lineStart = 0;

  constructor(
    private readonly text: string,
    private readonly source: string,
  ) {}

  next(): Token {
    this.#take(blank);
    const place = this.#place();
    if (this.#position === this.text.length) return { kind: 'end of text', text: '', place };
    const end = this.#take(lineEnd);
    if (end !== undefined) {
      // No line follows a comment on the last line.
      if (end.endsWith('\n')) {
        this.#line += 1;
        this.#lineStart = this.#position;
      }
      return { kind: 'end of line', text: '', place };
    }
    const key = this.#take(word);
    if (key !== undefined) return { kind: 'key', text: key, place };
    const number = this.#take(digits);
    if (number !== undefined) return { kind: 'number', text: number, place };
    const symbol = this.#take(sign);
    if (symbol !== undefined) return { kind: symbol as TokenKind, text: symbol, place };
    const string = this.#takeString();
    if (string !== undefined) return { kind: 'string', text: unescape(string.slice(1, -1), place), place };
    throw new ConfigurationError(this.#complaint(), place);
  }

  #place(): Place {
    return { source: this.source, line: this.#line, column: this.#position - this.#lineStart + 1 };
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#position += found.length;
    return found;
  }

  /** Takes a string without a regular expression: a long string would exceed the steps of a match. */
  #takeString(): string | undefined {
    const start = this.#position;
    const quote = this.text[start];
    if (quote !== '"' && quote !== "'") return undefined;
    for (let at = start + 1; at < this.text.length && this.text[at] !== '\n'; at++) {
      if (this.text[at] === quote) {
        this.#position = at + 1;
        return this.text.slice(start, at + 1);
      }
      // The next character does not end the string, unless it ends the line.
      if (this.text[at] === '\\' && this.text[at + 1] !== '\n') at++;
    }
    return undefined;
  }

  #complaint(): string {
    const character = String.fromCodePoint(this.text.codePointAt(this.#position) ?? 0);
    if (character === "'" || character === '"') {
      return `expected ${character} at the end of the string, on the same line`;
    }
    if (/[A-Z]/.test(character))
      return `expected a key in lower case or a string in quotes, found '${character}'`;
    if (character === '-') return "expected a number of at least 0 or a string in quotes, found '-'";
    if (character === '.') return "expected a whole number, found '.'";
    return `expected a key, a number or a string in quotes, found ${JSON.stringify(character)}`;
  }
}

const plainEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const escape = /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]))/g;

function unescape(text: string, string: Place): string {
  if (!text.includes('\\')) return text;
  // Numeric escapes name octets: several of them may spell one UTF-8 character. No escape is longer than
  // the text for it.
  const octets = Buffer.alloc(Buffer.byteLength(text));
  let length = 0;
  let end = 0;
  for (const match of text.matchAll(escape)) {
    const [whole, hexadecimal, octal, letter] = match;
    const place = { ...string, column: string.column + 1 + match.index };
    length += octets.write(text.slice(end, match.index), length);
    end = match.index + whole.length;
    if (letter !== undefined) {
      const character = plainEscapes[letter];
      if (character === undefined) {
        throw new ConfigurationError(
          letter === 'x'
            ? 'expected two hexadecimal digits after \\x'
            : `expected one of " ' \\ a b f n r t v x or an octal digit after \\, found ${JSON.stringify(letter)}`,
          place,
        );
      }
      length += octets.write(character, length);
    } else {
      const octet = hexadecimal === undefined ? parseInt(octal ?? '', 8) : parseInt(hexadecimal, 16);
      if (octet === 0) throw new ConfigurationError('a string cannot hold NUL', place);
      if (octet > 255) throw new ConfigurationError(`${whole} is more than a byte holds`, place);
      octets[length++] = octet;
    }
  }
  length += octets.write(text.slice(end), length);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets.subarray(0, length));
  } catch {
    throw new ConfigurationError('the escapes in this string do not make UTF-8', string);
  }
}
