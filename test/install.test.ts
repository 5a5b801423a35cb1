/** `node tooling/install.mjs`: what it puts where, what an upgrade leaves in place, and what is gone afterwards. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const INSTALL = fileURLToPath(new URL('../tooling/install.mjs', import.meta.url));

let prefix: string;
beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), 'mig-install-'));
});
afterEach(() => rmSync(prefix, { recursive: true, force: true }));

function install(...options: string[]) {
  return spawnSync(process.execPath, [INSTALL, '--prefix', prefix, ...options], { encoding: 'utf8' });
}

const programs = () => readdirSync(join(prefix, 'bin')).sort();

test('the programs are there, and find their Node without a PATH', () => {
  expect(install()).toMatchObject({ status: 0, stderr: '' });
  expect(programs()).toEqual(['mig', 'xl-receive', 'xl-save-helper']);
  for (const name of programs()) {
    const [line] = readFileSync(join(prefix, 'bin', name), 'utf8').split('\n');
    expect(line).toBe(`#!${process.execPath}`);
  }
  const { status, stdout } = spawnSync(join(prefix, 'bin/mig'), ['help'], {
    env: { PATH: '/nowhere' },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('migrate');
});

test('the name xl is taken when it is asked for, and kept from then on', () => {
  install('--take-xl');
  expect(programs()).toContain('xl');
  install();
  expect(programs()).toContain('xl');
});

test('an upgrade leaves in place what was started before it, and what is older goes', () => {
  const folders = [1, 2, 3].map(() => {
    expect(install().status).toBe(0);
    return realpathSync(join(prefix, 'lib/mig'));
  });
  expect(new Set(folders).size).toBe(3);
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
  expect(readlinkSync(join(prefix, 'lib/mig'))).toBe('mig.installed/3');
});

test('a folder of an earlier version gives way to the link', () => {
  mkdirSync(join(prefix, 'lib/mig/bin'), { recursive: true });
  expect(install().status).toBe(0);
  expect(readlinkSync(join(prefix, 'lib/mig'))).toBe('mig.installed/1');
});

test("what is not mig's stays, and nothing is changed", () => {
  mkdirSync(join(prefix, 'bin'));
  writeFileSync(join(prefix, 'bin/mig'), 'another');
  expect(install()).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is there and is not mig') as string,
  });
  expect(programs()).toEqual(['mig']);
  expect(existsSync(join(prefix, 'lib'))).toBe(false);
});

test('nothing is left of what is removed', () => {
  install('--take-xl');
  expect(install('--remove').status).toBe(0);
  expect(programs()).toEqual([]);
  expect(readdirSync(join(prefix, 'lib'))).toEqual([]);
});
