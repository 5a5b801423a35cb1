import { expect, test } from 'vitest';
import { migrationIn } from './run-report.js';

const date = '2026-12-01T09:00:00.000Z';
const end = { date, totalMilliseconds: 100, octetsSent: 5, iterations: 2 };
const lines = (last: object) => `{"event":"schema"}\n${JSON.stringify(last)}\n`;

test('a migration is read from its last line', () => {
  expect(migrationIn(lines({ event: 'complete', ...end, downtimeMilliseconds: 10 }))).toEqual({
    began: Date.parse(date),
    milliseconds: 100,
    downtimeMilliseconds: 10,
    octets: 5,
    passes: 2,
  });
  expect(migrationIn(lines({ event: 'failed', ...end }))).toMatchObject({ downtimeMilliseconds: undefined });
});

test.for([
  '',
  'words',
  '{"event":"sch',
  lines({ event: 'progress', ...end }),
  lines({ event: 'failed', date }),
])('one that has not ended, or never began, has none: %j', (text) => {
  expect(migrationIn(text)).toBeUndefined();
});
