import { expect, test } from 'vitest';
import { domain as domainOf, runOf } from '../run-page/view.test-support.js';
import type { Evacuation } from './journal.js';
import { reportOf } from './run-report.js';

const migration = { began: 1000, milliseconds: 100, downtimeMilliseconds: 10, octets: 5, passes: 2 };
const domain = domainOf('a', 'moved', { target: 'source' });
const evacuation: Evacuation = {
  ...{ schema: 1, name: 'source', asked: '', names: [], sshCommand: 'ssh', cordoned: false },
  run: runOf([domain]),
  downtimes: { [domain.uuid]: 10 },
  migrations: { [domain.uuid]: migration },
  ended: 5000,
};
const seen = { evacuation, wanted: 'go', isControlled: false } as const;

test('a return has the migrations that were told of, and says whose clocks they have', () => {
  const back = { ...seen, evacuation: { ...evacuation, back: 'run', from: { [domain.uuid]: 'left' } } };
  const { domains, note, title } = reportOf(back, 'controller');
  expect(domains).toMatchObject([{ name: 'a', hasMoved: true, downtimeMilliseconds: 10, migration }]);
  expect(title).toBe('Bringing domains back to source');
  expect(note).toContain('by the clocks');
});

test('what a migration has printed itself comes first', () => {
  const own = { ...migration, passes: 3 };
  expect(reportOf(seen, 'controller', () => own).domains).toMatchObject([{ migration: own }]);
});

test('a remark on the run is passed on', () => {
  expect(reportOf({ ...seen, note: 'it is damaged' }, 'worker').note).toBe('it is damaged');
  expect(reportOf(seen, 'worker').note).toBeUndefined();
});
