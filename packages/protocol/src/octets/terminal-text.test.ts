import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quoted, terminalLines, terminalText } from './terminal-text.js';

/** Tells whether a terminal must not get this code point. */
const drives = (point: number) =>
  point < 0x20 ||
  (point >= 0x7f && point <= 0x9f) ||
  [0x61c, 0x200e, 0x200f, 0x2028, 0x2029, 0xfeff].includes(point) ||
  (point >= 0x202a && point <= 0x202e) ||
  (point >= 0x2066 && point <= 0x2069) ||
  (point >= 0xd800 && point <= 0xdfff) ||
  (point >= 0xe0000 && point <= 0xe007f && point !== 0xe0000);
const TAB = 9;

describe('a text for a terminal', () => {
  it.each([
    ['\x1b]0;pwn\x07', String.raw`\u001b]0;pwn\u0007`],
    ['two\nlines\r', String.raw`two\u000alines\u000d`],
    ['\x7f\x80\x9b2J', String.raw`\u007f\u0080\u009b2J`],
    ['exe\u202Efdp.', String.raw`exe\u202efdp.`],
    ['a\u2066b\u2069\u200e', String.raw`a\u2066b\u2069\u200e`],
    ['web\u200b1', String.raw`web\u200b1`],
    ['\u2028\u2029', String.raw`\u2028\u2029`],
    ['\u{e0041}', String.raw`\udb40\udc41`],
    ['\uffff', String.raw`\uffff`],
    ['\ud800 alone', String.raw`\ud800 alone`],
  ])('%j', (text, shown) => {
    expect(terminalText(text)).toBe(shown);
  });

  it.each(['web-01', 'Zürich', 'база', '数据库', 'tab\tbed', '🚀', ' \u00a0', '\\u001b'])(
    'leaves %j as it is',
    (text) => {
      expect(terminalText(text)).toBe(text);
    },
  );

  it('drives nothing, whatever it was', () => {
    const text = fc.string({ unit: fc.nat(0x10ffff).map((point) => String.fromCodePoint(point)) });
    fc.assert(
      fc.property(text, (any) => {
        const points = Array.from(terminalText(any), (character) => character.codePointAt(0)!);
        expect(points.filter((point) => drives(point) && point !== TAB)).toEqual([]);
      }),
      { examples: [[String.fromCodePoint(...Array.from({ length: 0x3000 }, (_, point) => point))]] },
    );
  });

  it('means the same within JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (any) => {
        expect(JSON.parse(terminalText(JSON.stringify(any)))).toBe(any);
      }),
    );
  });

  it('has lines where lines are wanted', () => {
    expect(terminalLines('{\n\t"a": "\x9b"\r\n}')).toBe('{\n\t"a": "\\u009b"\r\n}');
  });

  it('is quoted at no more than 200 characters', () => {
    expect(quoted('n'.repeat(200))).toBe('n'.repeat(200));
    expect(quoted('n'.repeat(2 ** 20))).toBe(`${'n'.repeat(200)}...`);
    expect(quoted('\x1b'.repeat(201))).toBe(`${String.raw`\u001b`.repeat(33)}...`);
  });

  it('is quoted whole, or by its beginning, and never by half a code', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    fc.assert(
      fc.property(text, (given) => {
        const parts = Array.from(given, terminalText);
        const shown = quoted(given);
        const whole = parts.join('');
        const fits = parts.findIndex((_, i) => parts.slice(0, i + 1).join('').length > 200);
        expect(shown).toBe(whole.length <= 200 ? whole : `${parts.slice(0, fits).join('')}...`);
      }),
      { seed: 62 },
    );
  });
});
