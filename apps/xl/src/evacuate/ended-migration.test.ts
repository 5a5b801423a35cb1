import { expect, test } from 'vitest';
import { endedMigrationIn, endedMigrationOf, figuresOfMigration } from './ended-migration.js';

const date = '2026-12-01T09:00:00.000Z';
const end = { date, totalMilliseconds: 100, octetsSent: 5, iterations: 2 };
const whole = { began: Date.parse(date), milliseconds: 100, downtimeMilliseconds: 10, octets: 5, passes: 2 };

test('a migration is read from its last event', () => {
  expect(endedMigrationIn({ event: 'complete', ...end, downtimeMilliseconds: 10 })).toEqual(whole);
  const failed = endedMigrationIn({ event: 'failed', ...end, downtimeMilliseconds: 10 });
  expect({ ...failed, downtimeMilliseconds: whole.downtimeMilliseconds }).toEqual(whole);
  expect(failed).not.toHaveProperty('downtimeMilliseconds');
});

test('a migration is the same once it was passed on', () =>
  expect(endedMigrationOf(JSON.parse(JSON.stringify(figuresOfMigration(whole))))).toEqual(whole));

test.for([
  undefined,
  'words',
  { event: 'progress', ...end },
  { event: 'failed', date },
  { event: 'failed', ...end, date: 'yesterday' },
  { event: 'failed', ...end, totalMilliseconds: -1 },
  { event: 'failed', ...end, octetsSent: '5' },
])('one that has not ended, or never began, has none: %j', (event) => {
  expect(endedMigrationIn(event)).toBeUndefined();
});
