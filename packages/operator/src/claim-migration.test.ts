import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { claimMigration } from './claim-migration.js';
import { MigrationClaimedError } from './errors.js';
import { MigrationFolder } from './migration-folder.js';
import { record, temporaryFolder } from './operator.test-support.js';

/**
 * Starts another process that migrates the domain.
 * @returns it, once it has claimed the domain
 */
async function another(stateFolder: string) {
  const script = `
    import { claimMigration, MigrationFolder } from '@mig/operator';
    const record = { ...${JSON.stringify(record)}, pid: process.pid };
    const { socketPath } = await claimMigration(new MigrationFolder(process.argv[1]), record);
    const { createServer } = await import('node:net');
    createServer().listen(socketPath, () => console.log('claimed'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, stateFolder], {
    cwd: new URL('../', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('a domain is migrated by one at a time, and then by another', async () => {
  const folder = new MigrationFolder(temporaryFolder());
  const claim = await claimMigration(folder, record);
  expect(folder.migrations()).toEqual([record]);
  await expect(claimMigration(folder, { ...record, pid: 1 })).rejects.toMatchObject({ by: record });
  await expect(claimMigration(folder, { ...record, pid: 1 })).rejects.toThrow(MigrationClaimedError);
  // Other domains are not refused.
  (await claimMigration(folder, { ...record, domid: 8 })).release();
  claim.release();
  expect(readdirSync(folder.path)).toEqual([]);
  (await claimMigration(folder, record)).release();
});

test('the folder and what is in it are for their owner alone', async () => {
  const state = join(temporaryFolder(), 'state');
  const folder = new MigrationFolder(state);
  const claim = await claimMigration(folder, record);
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(statSync(folder.lockOf(record.domid)).mode & 0o777).toBe(0o600);
  claim.release();
  chmodSync(folder.path, 0o755);
  (await claimMigration(folder, record)).release();
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
});

test('what lives is found and left alone; what died is removed', async () => {
  const state = temporaryFolder();
  const folder = new MigrationFolder(state);
  const child = await another(state);
  const theirs = { ...record, pid: child.pid };
  expect(folder.migrations()).toEqual([theirs]);
  await expect(claimMigration(folder, record)).rejects.toMatchObject({ by: theirs });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(folder.socketOf(record.domid))).toBe(true);
  expect(folder.migrations()).toEqual([]);
  expect(readdirSync(folder.path)).toEqual([]);
});

test('what a dead process left does not stand in the way', async () => {
  const state = temporaryFolder();
  const folder = new MigrationFolder(state);
  const child = await another(state);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const claim = await claimMigration(folder, record);
  expect(folder.migrations()).toEqual([record]);
  expect(existsSync(claim.socketPath)).toBe(false);
  claim.release();
});

test('what cannot be noted, on a full disk, is claimed all the same', async () => {
  const folder = new MigrationFolder(temporaryFolder());
  const full = new Error('no space left');
  const unwritable = {
    ...record,
    toJSON: () => {
      throw full;
    },
  };
  const claim = await claimMigration(folder, unwritable);
  expect(claim.unnoted).toBe(full);
  await expect(claimMigration(folder, record)).rejects.toMatchObject({ by: undefined });
  claim.release();
  const next = await claimMigration(folder, record);
  expect(next.unnoted).toBeUndefined();
  next.release();
});

test('where no folder can be made there is an error, and none where there simply is none', async () => {
  const state = join(temporaryFolder(), 'file');
  writeFileSync(state, '');
  await expect(claimMigration(new MigrationFolder(state), record)).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(new MigrationFolder(join(state, '..', 'nothing')).migrations()).toEqual([]);
  const odd = new MigrationFolder(temporaryFolder());
  mkdirSync(odd.path);
  writeFileSync(join(odd.path, 'README'), '');
  expect(odd.migrations()).toEqual([]);
});

test('a record that cannot be read is not none, and the domain stays taken', async () => {
  const folder = new MigrationFolder(temporaryFolder());
  const claim = await claimMigration(folder, record);
  const lockOf = vi.spyOn(folder, 'lockOf').mockReturnValue(folder.path);
  expect(() => folder.recordOf(record.domid)).toThrow('EISDIR');
  lockOf.mockRestore();
  vi.spyOn(folder, 'recordOf').mockImplementation(() => {
    throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
  });
  await expect(claimMigration(folder, { ...record, pid: 1 })).rejects.toMatchObject({
    name: 'MigrationClaimedError',
    by: undefined,
  });
  claim.release();
});
