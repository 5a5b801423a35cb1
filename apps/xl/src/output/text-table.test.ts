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
