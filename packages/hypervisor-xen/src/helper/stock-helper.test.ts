import { expect, test } from 'vitest';
import { helperNamedIn, stockSaveHelper } from './stock-helper.js';

const around = (text: string) => Buffer.from(`\x7fELF\0other\0${text}\0more\0`, 'latin1');

test("Xen's own save helper is the one that libxl names", () => {
  const path = '/usr/lib/xen-4.20/bin/libxl-save-helper';
  expect(helperNamedIn(around(path))).toBe(path);
  expect(helperNamedIn(Buffer.from(`${path}\0`))).toBe(path);
});

test.each([
  'nothing of it',
  // The helper's own name, in its own output.
  'libxl-save-helper',
  'lib/libxl-save-helper',
  '/usr/bin/libxl-save-helper-of-another',
])('a library that names none: %s', (text) => {
  expect(helperNamedIn(around(text))).toBeUndefined();
});

test('without the library it is said', () => {
  const libraries = { control: '', guest: '', light: 'libxenlight.so.4.99', util: '' };
  expect(() => stockSaveHelper({ libraries })).toThrow(
    expect.objectContaining({
      code: 'unavailable',
      message: expect.stringMatching(/^libxenlight.so.4.99 cannot be loaded/) as string,
    }),
  );
});
