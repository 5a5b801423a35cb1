import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLockHolder } from '../../../../packages/posix/src/lock-holder.test-support.js';
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

test('an order stays until another one is given', () => {
  journal.lock();
  const seen = (['pause', 'abort', 'go'] as const).map((order) => {
    journal.want('1', order);
    return journal.wanted('1');
  });
  expect([journal.wanted('2'), ...seen]).toEqual(['go', 'pause', 'abort', 'go']);
});

test('the oldest runs are removed, with what belongs to them', () => {
  journal.lock();
  const ids = Array.from({ length: 22 }, (_, i) => String(100 + i));
  for (const id of ids) {
    journal.write(evacuation(id));
    journal.want(id, 'pause');
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
