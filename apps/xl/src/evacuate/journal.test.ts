import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLockHolder } from '../../../../packages/posix/src/lock-holder.test-support.js';
import { Failure } from '../output/failure.js';
import { type Evacuation, Journal } from './journal.js';

let folder: string;
let journal: Journal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-journal-'));
  journal = new Journal(folder);
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

function evacuation(id: string): Evacuation {
  const options = { targets: ['left'], out: 2, in: 2, order: 'largest', leave: [] } as const;
  const run = { id, options, began: 0, resting: {}, domains: [] };
  const asked = { name: 'source', asked: '', names: [], sshCommand: 'ssh' };
  return { schema: 1, ...asked, cordoned: true, downtimes: {}, run };
}

test('what is written is read again, and the last run is that of the greatest name', () => {
  expect({ ids: journal.ids(), last: journal.last(), read: journal.read('1') }).toEqual({ ids: [] });
  journal.lock();
  for (const id of ['2', '1']) journal.write(evacuation(id));
  expect(journal.ids()).toEqual(['1', '2']);
  expect(journal.read('1')).toEqual(evacuation('1'));
  expect(journal.last()).toEqual(evacuation('2'));
  expect(journal.read('3')).toBeUndefined();
});

test('a damaged run is an error, and not absent', () => {
  journal.lock();
  writeFileSync(join(journal.folder, '1.json'), '{');
  expect(() => journal.read('1')).toThrow(SyntaxError);
});

test('a run of an engine replaces an earlier state of itself alone', () => {
  journal.lock();
  expect(journal.writeOfEngine({ ...evacuation('1'), ended: 1 })).toBe(true);
  expect(journal.writeOfEngine({ ...evacuation('1'), ended: 2 })).toBe(true);
  expect(journal.read('1')).toEqual({ ...evacuation('1'), ended: 2, atEngine: true });
  const own = { ...evacuation('2'), ended: 1 };
  journal.write(own);
  writeFileSync(join(journal.folder, '3.json'), '{');
  for (const id of ['2', '3']) expect(journal.writeOfEngine({ ...evacuation(id), ended: 2 })).toBe(false);
  expect(journal.read('2')).toEqual(own);
});

test('what a full disk does not take leaves the run as it was', () => {
  journal.lock();
  journal.write(evacuation('1'));
  symlinkSync('/dev/full', join(journal.folder, '1.json.part'));
  expect(() => journal.write({ ...evacuation('1'), ended: 1 })).toThrow(
    expect.objectContaining({ code: 'ENOSPC' }) as Error,
  );
  expect(journal.read('1')).toEqual(evacuation('1'));
});

test('each run has its own name', () => {
  journal.lock();
  const now = new Date('2026-12-01T09:00:00.123Z');
  const names = Array.from({ length: 3 }, () => {
    const id = journal.newId(now);
    journal.write(evacuation(id));
    return id;
  });
  expect(names).toEqual(['20261201-090000', '20261201-090000-2', '20261201-090000-3']);
});

test('each run has a name that sorts last, also after a clock was set back', () => {
  journal.lock();
  journal.write(evacuation('20261201-090000'));
  const back = new Date('2026-11-01T09:00:00Z');
  const names = Array.from({ length: 20 }, () => {
    const id = journal.newId(back);
    journal.write(evacuation(id));
    expect(journal.last()?.run.id).toBe(id);
    return id;
  });
  expect([...names].sort()).toEqual(names);
  expect(journal.newId(back, ['20261231-000000-2'])).toBe('20261231-000000-3');
  expect(journal.newId(new Date('2027-01-01T00:00:00Z'), names)).toBe('20270101-000000');
});

test('an order stays until another one is given', () => {
  journal.lock();
  const seen = (['pause', 'go', 'pause', 'abort'] as const).map((order) => {
    journal.want('1', order);
    return journal.wanted('1');
  });
  expect([journal.wanted('2'), ...seen]).toEqual(['go', 'pause', 'go', 'pause', 'abort']);
});

test.for(['pause', 'go'] as const)('an abort stays: %s is refused after it', (order) => {
  journal.lock();
  journal.want('1', 'abort');
  expect(() => journal.want('1', order)).toThrow(new Failure('run 1 is being aborted'));
  expect([journal.wanted('1'), journal.wanted('2')]).toEqual(['abort', 'go']);
});

test('the oldest runs are removed, with what belongs to them', () => {
  journal.lock();
  const ids = Array.from({ length: 22 }, (_, i) => String(100 + i));
  for (const id of ids) {
    journal.write(evacuation(id));
    for (const order of ['pause', 'abort'] as const) journal.want(id, order);
    expect(existsSync(journal.prepare(id))).toBe(true);
  }
  expect(journal.ids()).toEqual(ids.slice(2));
  expect(readdirSync(journal.folder).filter((name) => /^10[01]/.test(name))).toEqual([]);
});

test('one process controls, and another sees which', async () => {
  expect(journal.controller()).toBeUndefined();
  await withLockHolder(join(journal.folder, 'controller.lock'), (pid) =>
    expect([journal.lock(), journal.controller()]).toEqual([false, pid]),
  );
  expect([journal.controller(), journal.lock()]).toEqual([undefined, true]);
});
