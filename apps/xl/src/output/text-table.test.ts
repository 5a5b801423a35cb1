import { expect, test } from 'vitest';
import { textTable } from './text-table.js';

test('words begin in one column, figures end in one', () => {
  const rows = [
    ['policy', 'passes', 'end'],
    ['stock', '5', 'of it'],
    ['--max-downtime', '12', ''],
  ];
  expect(textTable(rows, ['left', 'right', 'left'])).toEqual([
    'policy          passes  end',
    'stock                5  of it',
    '--max-downtime      12',
  ]);
});

test('a table that is too wide has its widest words cut, never its figures', () => {
  const rows = [
    ['Name', 'To', 'Dirty'],
    ['a-name-of-twenty-one.', 'far.example', '1234567'],
  ];
  const lines = textTable(rows, ['left', 'left', 'right'], 35);
  expect(lines).toEqual(['Name           To             Dirty', 'a-name-of-...  far.example  1234567']);
  expect(textTable(rows, ['left', 'left', 'right'], 10)[1]).toBe('a-nam...  far.e...  1234567');
});
