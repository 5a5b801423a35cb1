import { figuresOf } from '@mig/fleet';
import { expect, test } from 'vitest';
import { domain, storedRun, UUID, withField } from './jobs.test-support.js';
import { storedRunFrom, storedRunOf, withJobs } from './stored-run.js';

const other = domain({ uuid: '5f1c0000-0000-0000-0000-000000000002', name: 'db' });
const run = storedRun(domain(), other);
const migration = { began: 5, milliseconds: 100, downtimeMilliseconds: 7, octets: 4096, passes: 2 };

test('a run is the same once it was kept', () =>
  expect(storedRunFrom(JSON.parse(JSON.stringify(run)))).toEqual(run));

test('a run with migrations that have ended is the same once it was kept', () => {
  const ended = { ...run, migrations: { [UUID]: migration } };
  expect(storedRunFrom(JSON.parse(JSON.stringify(ended)))).toEqual(ended);
});

test.each([
  ['schema', 2],
  ['name', 'host;1'],
  ['names', 'web'],
  ['names', [1]],
  ['cordoned', 'yes'],
  ['downtimes', { [UUID]: 'long' }],
  ['migrations', { [UUID]: { ...migration, octets: '5' } }],
  ['migrations', { [UUID]: [] }],
  ['run.id', 'a/b'],
  ['run.options.targets', ['host2', '`reboot`']],
  ['run.options.out', 0],
  ['run.options.link', '1G'],
  ['run.options.order', 'any'],
  ['run.resting', { host2: null }],
  ['run.domains', [{ name: 'web' }]],
])('a run whose %s is %j is refused', (path, content) => {
  expect(() => storedRunFrom(withField(run, path, content))).toThrow(
    expect.objectContaining({ name: 'EngineError', code: 'malformed' }),
  );
});

test('a run is taken for no other', () => {
  const { name, run: kept } = run;
  expect(storedRunOf(name, kept.id, run)).toEqual(run);
  for (const [host, id] of [
    ['host2', kept.id],
    [name, '20261130-090001'],
  ] as const) {
    expect(() => storedRunOf(host, id, run)).toThrow(
      expect.objectContaining({ name: 'EngineError', code: 'malformed' }),
    );
  }
});

test('a run is as its jobs are, and a domain without one as it was', () => {
  const moved = domain({ state: 'moved', target: 'host2' });
  const now = withJobs(run, [
    { schema: 1, run: run.run.id, domain: moved, downtimeMilliseconds: 7, migration },
  ]);
  expect(now.run.domains).toEqual([moved, other]);
  expect(now.downtimes).toEqual({ [UUID]: 7 });
  expect(now.migrations).toEqual({ [UUID]: migration });
  expect(withJobs(run, [])).toEqual(run);
  expect(figuresOf(now, UUID)).toEqual({ downtimeMilliseconds: 7, migration });
  expect(figuresOf(now, other.uuid)).toEqual({});
});
