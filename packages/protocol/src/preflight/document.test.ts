/** Keeps the table of docs/xl.md equal to the one that names the checks. */
import { test } from 'vitest';
import { expectDocumented } from '../documents.test-support.js';
import { checkTable } from './checks.js';

test('docs/xl.md has the checks', () => {
  const rows = Object.entries(checkTable).map(([name, { at, asks }]) => `| \`${name}\` | ${at} | ${asks} |`);
  expectDocumented(
    'xl.md',
    'checks',
    ['| check | at the | passes if |', '| --- | --- | --- |', ...rows].join('\n'),
  );
});
