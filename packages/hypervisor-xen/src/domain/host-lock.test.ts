import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from './fake-xen.test-support.js';
import { HostLock } from './host-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('one at a time has it, and gives it back also when it fails', () => {
  const [one, other] = [new HostLock(folder, 0), new HostLock(folder, 0)];
  const found = one.locked(() => refused('unavailable', () => other.locked(() => 'both')));
  expect(found).toContain(join(folder, 'domains.lock'));
  expect(() =>
    one.locked(() => {
      throw new Error('it failed');
    }),
  ).toThrow('it failed');
  expect(other.locked(() => 'now')).toBe('now');
});

test('its folder is made for its owner only', () => {
  const inside = join(folder, 'a/b');
  new HostLock(inside).locked(() => undefined);
  expect(statSync(inside).mode & 0o777).toBe(0o700);
});

test('where there can be no file, nothing is done', () => {
  writeFileSync(join(folder, 'file'), '');
  chmodSync(join(folder, 'file'), 0o600);
  refused('unavailable', () => new HostLock(join(folder, 'file')).locked(() => 'done'));
});

test('another process has it until it dies', async () => {
  const program = `
    import { openSync, writeSync } from 'node:fs';
    import { tryLockDescriptor } from '@mig/posix';
    writeSync(1, String(tryLockDescriptor(openSync(process.argv[1], 'a'))));
    setInterval(() => {}, 1e6);`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', program, join(folder, 'domains.lock')],
    { stdio: ['ignore', 'pipe', 'inherit'], cwd: import.meta.dirname },
  );
  const ended = once(child, 'exit');
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('true');
    refused('unavailable', () => new HostLock(folder, 0).locked(() => 'both'));
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  expect(new HostLock(folder, 0).locked(() => 'now')).toBe('now');
});
