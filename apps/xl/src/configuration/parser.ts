/**
 * Parser of xl.cfg:
 *
 *   text       = { [ assignment ] ( end of line | ";" ) } [ assignment ]
 *   assignment = key ( "=" | "+=" ) value
 *   value      = string | number | "[" [ value { "," value } [ "," ] ] "]"
 *
 * Inside a list, lines may end anywhere.
 */
import { quoted } from '@mig/protocol/terminal-text';
import { ConfigurationError, type Place } from './errors.js';
import { Lexer, type Token, type TokenKind } from './lexer.js';
import { numberIn, type Configuration, type Setting, type Value } from './value.js';

/**
 * Deepest nesting of lists: far beyond any real configuration; keeps a hostile one from exhausting the
 * stack.
 */
const MAX_DEPTH = 64;
const COMMAND_LINE = 'command line';

/** @param before settings that `text` may override, and that its `+=` adds to */
export function parseConfiguration(
  text: string,
  source: string,
  before: Configuration = new Map(),
): Configuration {
  return new Parser(text, source, before).settings();
}

/** Parses `KEY=VALUE` arguments: as in stock, they are configuration text after the file's. */
export function parseOverrides(overrides: readonly string[], before: Configuration): Configuration {
  return parseConfiguration(overrides.join('\n'), COMMAND_LINE, before);
}

class Parser {
  readonly #lexer: Lexer;
  readonly #settings: Map<string, Setting>;
  #token: Token;

  constructor(text: string, source: string, before: Configuration) {
    this.#lexer = new Lexer(text, source);
    this.#settings = new Map(before);
    this.#token = this.#lexer.next();
  }

  settings(): Configuration {
    while (this.#token.kind !== 'end of text') {
      if (this.#accept('end of line') || this.#accept(';')) continue;
      this.#assignment();
      if (this.#at('end of text') || this.#accept('end of line') || this.#accept(';')) continue;
      throw this.#expected("the end of the line or ';'");
    }
    return this.#settings;
  }

  #assignment(): void {
    const { text: key, place } = this.#token;
    if (!this.#accept('key')) throw this.#expected('a key');
    const added = this.#at('+=');
    if (!this.#accept('+=') && !this.#accept('=')) throw this.#expected("'=' or '+='");
    const value = this.#value(0);
    const previous = added ? this.#settings.get(key) : undefined;
    const whole = previous === undefined ? value : sum(previous.value, value, key, place);
    this.#settings.set(key, { key, value: whole, added, place });
  }

  #value(depth: number): Value {
    const { text, place } = this.#token;
    if (this.#accept('string')) return { kind: 'string', text, place };
    if (this.#accept('number')) {
      const number = numberIn(text);
      return number === undefined ? { kind: 'string', text, place } : { kind: 'number', number, text, place };
    }
    if (!this.#accept('['))
      throw this.#expected('a value: a string in quotes, a number or a list', this.#quotesHint());
    if (depth === MAX_DEPTH) throw new ConfigurationError(`lists are nested deeper than ${MAX_DEPTH}`, place);
    const values: Value[] = [];
    this.#skipLines();
    while (!this.#accept(']')) {
      values.push(this.#value(depth + 1));
      this.#skipLines();
      if (this.#accept(',')) this.#skipLines();
      else if (!this.#at(']')) throw this.#expected("',' or ']'");
    }
    return { kind: 'list', values, place };
  }

  #skipLines(): void {
    while (this.#accept('end of line'));
  }

  #at(kind: TokenKind): boolean {
    return this.#token.kind === kind;
  }

  #accept(kind: TokenKind): boolean {
    if (!this.#at(kind)) return false;
    if (kind !== 'end of text') this.#token = this.#lexer.next();
    return true;
  }

  #quotesHint(): string {
    if (this.#token.place.source !== COMMAND_LINE || !this.#at('key')) return '';
    return ` (the shell takes quotes away: write 'KEY="VALUE"')`;
  }

  #expected(what: string, hint = ''): ConfigurationError {
    const { kind, text, place } = this.#token;
    const found = kind.startsWith('end of')
      ? `the end of the ${kind.slice('end of '.length)}`
      : kind === 'string'
        ? 'a string'
        : `'${quoted(text)}'`;
    return new ConfigurationError(`expected ${what}, found ${found}${hint}`, place);
  }
}

function sum(before: Value, more: Value, key: string, place: Place): Value {
  if (before.kind === 'list' && more.kind === 'list') {
    return { kind: 'list', values: [...before.values, ...more.values], place: more.place };
  }
  if (before.kind === 'list' || more.kind === 'list') {
    throw new ConfigurationError(`${key}: += cannot add a list and a single value`, place);
  }
  return { kind: 'string', text: before.text + more.text, place: more.place };
}
