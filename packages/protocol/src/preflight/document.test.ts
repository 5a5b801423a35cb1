/** The table of docs/xl.md is made from the one that the checks are named by. */
import { test } from 'vitest';
import { expectDocumented } from '../documents.test-support.js';
import { checkTable } from './checks.js';

test('docs/xl.md has the checks', () => {
  const rows = Object.entries(checkTable).map(([name, { at, asks }]) => `| \`${name}\` | ${at} | ${asks} |`);
  expectDocumented(
    'xl.md',
    'checks',
    ['| check | at the | passes where |', '| --- | --- | --- |', ...rows].join('\n'),
  );
});
