import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from './errors.js';
import { parseConfiguration, parseOverrides } from './parser.js';
import type { Configuration, Value } from './value.js';

type Plain = string | bigint | Plain[];

function plain(value: Value): Plain {
  if (value.kind === 'list') return value.values.map(plain);
  return value.kind === 'number' ? value.number : value.text;
}

function plainSettings(configuration: Configuration): Record<string, Plain> {
  return Object.fromEntries([...configuration].map(([key, { value }]) => [key, plain(value)]));
}

function parse(text: string): Record<string, Plain> {
  return plainSettings(parseConfiguration(text, 'x.cfg'));
}

describe('what xl.cfg may hold', () => {
  const rows: [name: string, text: string, settings: Record<string, Plain>][] = [
    ['nothing', '', {}],
    ['blank lines and comments', '\n  \t\n# a = 1\n', {}],
    ['a comment on the last line', 'a = 1 # one', { a: 1n }],
    ['a string in double quotes', 'name = "it\'s"', { name: "it's" }],
    ['a string in single quotes', 'name = \'say "x"\'', { name: 'say "x"' }],
    [
      'letters for control characters',
      String.raw`a = "\a\b\f\n\r\t\v\\\'\""`,
      { a: '\x07\b\f\n\r\t\v\\\'"' },
    ],
    ['bytes in hexadecimal and octal', String.raw`a = "\x41\102\7z"`, { a: 'AB\x07z' }],
    ['bytes that make one character', String.raw`a = "\xc3\xa9\303\251é"`, { a: 'ééé' }],
    ['a # in a string', 'a = "#1"', { a: '#1' }],
    ['decimal', 'a = 128', { a: 128n }],
    ['hexadecimal', 'a = 0x1f', { a: 31n }],
    ['octal', 'a = 017', { a: 15n }],
    ['zero', 'a = 0', { a: 0n }],
    ['a bare word of digits that is no number', 'a = 12ab', { a: '12ab' }],
    ['digits that are not octal', 'a = 089', { a: '089' }],
    ['keys with dots, digits and underscores', 'vm.hvm_2.x = 1', { 'vm.hvm_2.x': 1n }],
    ['semicolons', 'a = 1; b = 2;; c = 3;', { a: 1n, b: 2n, c: 3n }],
    ['no blanks', 'a=1\nb="2"', { a: 1n, b: '2' }],
    ['carriage returns', 'a = 1\r\nb = [ 1,\r\n2 ]\r\n', { a: 1n, b: [1n, 2n] }],
    ['an empty list', 'a = []', { a: [] }],
    ['a list', 'a = [ 1, "2" ]', { a: [1n, '2'] }],
    ['a trailing comma', 'a = [ 1, ]', { a: [1n] }],
    ['nested lists', 'a = [[1], [[]], "x"]', { a: [[1n], [[]], 'x'] }],
    ['lines and comments in a list', 'a = [ # first\n 1 # one\n , # then\n 2\n ]', { a: [1n, 2n] }],
    ['the last of several', 'a = 1\na = "x"', { a: 'x' }],
    ['+= on a string', 'a = "x"\na += "y"', { a: 'xy' }],
    ['+= on a list', 'a = [1]\na += [2]\na += [3]', { a: [1n, 2n, 3n] }],
    ['+= on what is new', 'a += [1]', { a: [1n] }],
    ['+= on numbers, which are texts to it', 'a = 1\na += 2', { a: '12' }],
  ];
  it.each(rows)('%s', (_, text, settings) => {
    expect(parse(text)).toEqual(settings);
  });
});

it.each([
  ['plain characters', 'x', 'x'],
  ['escapes', String.raw`\n`, '\n'],
  ['bytes that are escaped', String.raw`\x41`, 'A'],
  ['both in turn', String.raw`x\\`, 'x\\'],
])('a string of millions of %s is a string', (_, piece, meaning) => {
  const times = 5_000_000;
  const text = parse(`a = "${piece.repeat(times)}"`)['a'] as string;
  // Compared as a boolean: a failed comparison of values would print them.
  expect(text === meaning.repeat(times)).toBe(true);
});

describe('what it may not', () => {
  const rows: [name: string, text: string, place: string, message: RegExp][] = [
    ['a value without key', '= 1', '1:1', /expected a key, found '='/],
    ['a key without value', 'a\n', '1:2', /expected '=' or '\+=', found the end of the line/],
    ['nothing after =', 'a =', '1:4', /expected a value: .*, found the end of the text/],
    ['a value on the next line', 'a =\n1', '1:4', /found the end of the line/],
    ['two settings on a line', 'a = 1 b = 2', '1:7', /expected the end of the line or ';', found 'b'/],
    ['an upper-case key', '\n\n  Name = "x"', '3:3', /in lower case .*found 'N'/],
    ['a word for a value', 'a = on', '1:5', /expected a value: .*, found 'on'/],
    ['a negative number', 'a = -1', '1:5', /at least 0 .*found '-'/],
    ['a fraction', 'a = 1.5', '1:6', /whole number, found '\.'/],
    ['a string that does not end', 'a = "x\n"', '1:5', /expected " at the end of the string/],
    ['a backslash before the end', 'a = "x\\', '1:5', /expected " at the end/],
    ['an unknown escape', String.raw`a = "x\q"`, '1:7', /found "q"/],
    ['\\x without digits', String.raw`a = "\xg1"`, '1:6', /two hexadecimal digits/],
    ['NUL', String.raw`a = "\0"`, '1:6', /cannot hold NUL/],
    ['more than a byte', String.raw`a = "\777"`, '1:6', /more than a byte/],
    ['bytes that make no character', String.raw`a = "\xff"`, '1:5', /do not make UTF-8/],
    ['a list that does not end', 'a = [1,\n2', '2:2', /expected ',' or '\]', found the end of the text/],
    ['a list that ends with a comment', 'a = [1,\n# two', '2:6', /found the end of the text/],
    ['no comma in a list', 'a = [1 2]', '1:8', /expected ',' or '\]', found '2'/],
    ['only a comma in a list', 'a = [,]', '1:6', /expected a value/],
    ['lists without end', `a = ${'['.repeat(65)}`, '1:69', /nested deeper than 64/],
    ['+= of a list to a string', 'a = "x"\na += [1]', '2:1', /cannot add a list and a single value/],
    ['a stray character', 'a = 1\n&', '2:1', /found "&"/],
  ];
  it.each(rows)('%s', (_, text, place, message) => {
    const attempt = () => parse(text);
    expect(attempt).toThrow(ConfigurationError);
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(new RegExp(`^x\\.cfg:${place}: `));
  });
});

describe('overrides from the command line', () => {
  it('follow what the file says', () => {
    const file = parseConfiguration('a = 1\nb = [1]', 'x.cfg');
    expect(plainSettings(parseOverrides(['a=2', 'b+=[2]; c="3"'], file))).toEqual({
      a: 2n,
      b: [1n, 2n],
      c: '3',
    });
  });

  it('say that the shell took the quotes away', () => {
    expect(() => parseOverrides(['memory=1', 'name=x'], new Map())).toThrow(
      /^command line:2:6: expected a value.*the shell takes quotes away/,
    );
  });
});

describe('any settings', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0') && each.isWellFormed());
  const value = fc.letrec<{ value: Plain }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      text,
      fc.bigInt(0n, 2n ** 70n),
      fc.array(tie('value'), { maxLength: 4 }),
    ),
  })).value;
  const key = fc.stringMatching(/^[a-z][._0-9a-z]{0,8}$/);

  it('come back from text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { noNullPrototype: true }),
        fc.boolean(),
        (settings, hexadecimal) => {
          const lines = Object.entries(settings).map(
            ([name, each]) => `${name} = ${print(each, hexadecimal)}`,
          );
          expect(parse(lines.join('\n'))).toEqual(settings);
        },
      ),
    );
  });

  function print(each: Plain, hexadecimal: boolean): string {
    if (typeof each === 'bigint') return hexadecimal ? `0x${each.toString(16)}` : each.toString();
    if (typeof each === 'string') return `"${each.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
    return `[ ${each.map((item) => print(item, hexadecimal)).join(',\n')} ]`;
  }
});
