import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultsOf, schema } from './events-schema.test-support.js';
import { MIGRATE_EVENTS_VERSION } from './json-view.js';

const document = readFileSync(new URL('../../../../docs/json.md', import.meta.url), 'utf8');

test('the schema knows what is no such line', () => {
  expect(faultsOf({ event: 'source-state', state: 'precopy' })).toEqual([]);
  for (const line of [
    {},
    { event: 'other' },
    { event: 'source-state' },
    { event: 'source-state', state: 5 },
    { event: 'source-state', state: 'precopy', more: true },
    { event: 'pass-started', kind: 'none', iteration: 0, dirtyPages: 1 },
    { event: 'pass-started', kind: 'precopy', iteration: -1, dirtyPages: 1 },
  ]) {
    expect(faultsOf(line)).not.toEqual([]);
  }
});

test('the version is that of the schema', () => {
  expect(faultsOf({ event: 'schema', of: 'xl migrate', version: MIGRATE_EVENTS_VERSION })).toEqual([]);
});

test.for(Object.entries(schema.$defs))('docs/json.md has %s with its fields', ([name, definition]) => {
  const { properties } = definition as { properties: Record<string, unknown> };
  const row = document.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
  expect(row).toBeDefined();
  const [, section = ''] = document.split(`\n### ${name}\n`);
  const text = `${row!} ${section.replace(/^##.*/ms, '')}`;
  for (const field of Object.keys(properties)) {
    if (field !== 'event') expect(text).toContain(`\`${field}\``);
  }
});
