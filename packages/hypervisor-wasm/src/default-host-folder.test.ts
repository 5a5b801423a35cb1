import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultHostFolder } from './default-host-folder.js';

const noted = join(userInfo().homedir, '.local/state/mig/host');

test.each([
  [{ MIG_HOST_DIR: '/a', XDG_STATE_HOME: '/x', HOME: '/h' }, '/a'],
  // The operator has named it, and knows from where.
  [{ MIG_HOST_DIR: 'a' }, 'a'],
  [{ MIG_HOST_DIR: '', XDG_STATE_HOME: '/x' }, '/x/mig/host'],
  [{ XDG_STATE_HOME: '/x', HOME: '/h' }, '/x/mig/host'],
  [{ HOME: '/h' }, '/h/.local/state/mig/host'],
  [{ XDG_STATE_HOME: '', HOME: '/h' }, '/h/.local/state/mig/host'],
  [{ XDG_STATE_HOME: 'x', HOME: '/h' }, '/h/.local/state/mig/host'],
  [{ XDG_STATE_HOME: './x', HOME: '/h' }, '/h/.local/state/mig/host'],
  [{ XDG_STATE_HOME: '~/x', HOME: '/h' }, '/h/.local/state/mig/host'],
  [{ XDG_STATE_HOME: 'x', HOME: 'h' }, noted],
  [{ HOME: '' }, noted],
  [{}, noted],
  // The environment's text is as this process was given it.
  [{ MIG_HOST_DIR: '/a\ufffd' }, '/a\ufffd'],
] as const)('%j: %s', (environment, folder) => {
  expect(defaultHostFolder(environment)).toBe(folder);
});

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'mig-default-'))));
afterAll(() => rmSync(folder, { recursive: true }));

// Only root can become an unknown user.
test.skipIf(process.getuid?.() !== 0)(
  'where the system has noted no home for the user either, MIG_HOST_DIR is asked for',
  () => {
    const module = new URL('../dist/default-host-folder.js', import.meta.url).href;
    const script = `
    const { defaultHostFolder } = await import(${JSON.stringify(module)});
    process.setuid(4_000_000);
    try { console.log(defaultHostFolder({ HOME: 'home' })) } catch (error) { console.log(error.code, error.message) }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect({ stdout, stderr }).toEqual({
      stdout: expect.stringMatching(
        /^unavailable there is no folder for the host: .*; MIG_HOST_DIR may name one\n$/,
      ) as string,
      stderr: '',
    });
  },
);
