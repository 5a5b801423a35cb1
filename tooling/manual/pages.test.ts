/** Tests of the manual pages: that mandoc finds no fault, and what is in them. */
import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { descendants, describeProgram } from './commands.mjs';
import { sectionOf, toMdoc } from './mdoc.mjs';
import { helperPage, migPage } from './pages.mjs';

const hasMandoc = spawnSync('mandoc', ['-Tlint', '/dev/null']).error === undefined;
const mandoc = (input: string, ...options: string[]) =>
  spawnSync('mandoc', options, { input, encoding: 'utf8' }).stdout;

describe.skipIf(!hasMandoc)('mandoc', () => {
  test.each([
    ['mig(1)', migPage(describeProgram())],
    ['xl-save-helper(8)', helperPage()],
  ])('finds no fault in %s', (_name, page) => {
    const faults = mandoc(page, '-Tlint').split('\n');
    expect(faults.filter((line) => !/^$|Xr|operating system explicitly specified/.test(line))).toEqual([]);
  });

  test('shows every command and option', () => {
    const program = describeProgram();
    const shown = mandoc(migPage(program), '-Tutf8').replace(/.\x08/g, '').replace(/\s+/g, ' ');
    for (const { path, options } of descendants(program)) {
      expect(shown).toContain(` ${path} `);
      for (const { names, text } of options) {
        for (const name of names) expect(shown).toContain(name);
        expect(shown).toContain(text);
      }
    }
  });
});

test('a section ends where the next of its rank begins', () => {
  expect(sectionOf('# A\n\n## B\none\n### C\ntwo\n## D\n', 'B')).toBe('one\n### C\ntwo\n');
  expect(() => sectionOf('# A\n', 'B')).toThrow('there is no section "B" any more');
});

test('text that could be a request is none', () => {
  expect(toMdoc("a\n\n'b \\fB .c")).toBe("a\n.Pp\n\\&'b \\efB .c");
  expect(toMdoc('| a | b |\n| --- | --- |\n| `-x` | .y "z" |')).toBe(
    '.Bl -tag -width Ds\n.It "\\fB\\-x\\fR"\n\\&.y "z"\n.El',
  );
});
