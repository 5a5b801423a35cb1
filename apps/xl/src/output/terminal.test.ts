import { expect, test } from 'vitest';
import { canRedraw, isPlain } from './terminal.js';

test.for([
  [{ LANG: 'en_US.UTF-8' }, false],
  [{ LANG: 'C.utf8' }, false],
  [{}, true],
  [{ LANG: 'C' }, true],
  [{ LANG: 'de_DE.ISO-8859-1' }, true],
  [{ LANG: 'en_US.UTF-8', LC_CTYPE: 'C' }, true],
  [{ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }, false],
  [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, true],
  [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, false],
  [{ LANG: 'en_US.UTF-8', NO_COLOR: '1' }, true],
  [{ LANG: 'en_US.UTF-8', NO_COLOR: '' }, false],
  [{ LANG: 'en_US.UTF-8', TERM: 'dumb' }, true],
] as const)('%o is plain: %s', ([environment, plain]) => {
  expect(isPlain(environment)).toBe(plain);
});

test('where there is no terminal, or one that cannot, nothing is drawn anew', () => {
  for (const TERM of ['dumb', '', undefined]) expect(canRedraw(2, { TERM })).toBe(false);
});
