import { describe, expect, it } from 'vitest';
import { awayName, incomingName, nameProblem } from './names.js';

describe('the name of a domain', () => {
  it.each([
    'web-01',
    // Names that stock accepts, and names that look like a domid.
    '7',
    'two words',
    'Zürich',
    'база',
    'it\'s "quoted"',
    '..',
    '\u200dfamily',
    'n'.repeat(255),
    'ü'.repeat(127),
  ])('may be %j, before and while it moves', (name) => {
    for (const each of [name, awayName(name), incomingName(name)]) expect(nameProblem(each)).toBeUndefined();
  });

  it.each([
    ['', /empty/],
    ['a/b', /'\/'/],
    ['\x1b]0;pwn\x07', /control characters/],
    ['two\nlines', /control characters/],
    ['a\tb', /control characters/],
    ['a\x7f', /control characters/],
    ['a\x9b2J', /control characters/],
    ['half \ud800', /control characters/],
    ['n'.repeat(256), /longer than 255 bytes/],
    ['ü'.repeat(128), /longer than 255 bytes/],
  ])('is not %j', (name, problem) => {
    for (const each of [name, awayName(name), incomingName(name)]) expect(nameProblem(each)).toMatch(problem);
  });
});
