import { it } from 'vitest';
import { expectDocumented } from '../documents.test-support.js';
import { deviationsTable, imageTable, libxlTable } from '../record-tables.test-support.js';

it.each([
  ['image records', imageTable],
  ['libxl records', libxlTable],
  ['tolerated', deviationsTable],
])('docs/formats.md has the table of %s that the code has', (part, generate) => {
  expectDocumented('formats.md', part, generate());
});
