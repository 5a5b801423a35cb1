/**
 * Tests of `node tooling/install.mjs`: what it installs where, what an upgrade leaves in place, and what an
 * uninstall removes.
 */
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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const INSTALL = fileURLToPath(new URL('../../tooling/install.mjs', import.meta.url));

let prefix: string;
beforeEach(() => {
  prefix = mkdtempSync(join(tmpdir(), 'mig-install-'));
});
afterEach(() => rmSync(prefix, { recursive: true, force: true }));

function install(prefix: string, ...options: string[]) {
  return spawnSync(process.execPath, [INSTALL, '--prefix', prefix, ...options], { encoding: 'utf8' });
}

const programs = () => readdirSync(join(prefix, 'bin')).sort();

test('the programs are there, and find their Node without a PATH', () => {
  expect(install(prefix)).toMatchObject({ status: 0, stderr: '' });
  expect(programs()).toEqual(['mig', 'xl-receive', 'xl-save-helper']);
  for (const name of programs()) {
    const [line] = readFileSync(join(prefix, 'bin', name), 'utf8').split('\n');
    expect(line).toBe(`#!${process.execPath}`);
  }
  const { status, stdout } = spawnSync(join(prefix, 'bin/mig'), ['help'], {
    env: { PATH: '/nowhere', MIG_CACHE_DIR: '' },
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  expect(stdout).toContain('migrate');
});

test('a policy with a link to what is installed beside it finds its parts', () => {
  install(prefix);
  const folder = mkdtempSync(join(tmpdir(), 'mig-policy-'));
  try {
    symlinkSync(join(prefix, 'lib/mig/node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      join(folder, 'budget.mjs'),
      `import { maxDowntime } from '@mig/sender/policy'; console.log(typeof maxDowntime(2000));`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'budget.mjs')], {
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'function\n', stderr: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the name xl is taken when it is asked for, and kept from then on', () => {
  install(prefix, '--take-xl');
  expect(programs()).toContain('xl');
  install(prefix);
  expect(programs()).toContain('xl');
});

test('an upgrade leaves in place what was started before it, and what is older goes', () => {
  const folders = [1, 2, 3].map(() => {
    expect(install(prefix).status).toBe(0);
    return realpathSync(join(prefix, 'lib/mig'));
  });
  expect(new Set(folders).size).toBe(3);
  expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
  expect(readlinkSync(join(prefix, 'lib/mig'))).toBe('mig.installed/3');
});

test('a folder of an earlier version gives way to the link', () => {
  mkdirSync(join(prefix, 'lib/mig/bin'), { recursive: true });
  expect(install(prefix).status).toBe(0);
  expect(readlinkSync(join(prefix, 'lib/mig'))).toBe('mig.installed/1');
});

test("what is not mig's stays, and nothing is changed", () => {
  mkdirSync(join(prefix, 'bin'));
  writeFileSync(join(prefix, 'bin/mig'), 'another');
  expect(install(prefix)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('is there and is not mig') as string,
  });
  expect(programs()).toEqual(['mig']);
  expect(existsSync(join(prefix, 'lib'))).toBe(false);
});

describe('the name xl', () => {
  const STOCK = `#!/bin/sh
echo "stock $*"
ulimit -Sn
while read -r name value; do case $name in SigIgn:) echo "$value";; esac; done </proc/self/status
`;
  const SIGHUP = 1;

  let prefix: string;
  beforeAll(() => {
    prefix = mkdtempSync(join(tmpdir(), 'mig-install-'));
    expect(install(prefix, '--take-xl').status).toBe(0);
    mkdirSync(join(prefix, 'stock'));
    writeFileSync(join(prefix, 'stock/xl'), STOCK, { mode: 0o755 });
  });
  afterAll(() => rmSync(prefix, { recursive: true }));

  function run(line: string, environment = {}, path = ['bin', 'stock']) {
    const PATH = [...path.map((folder) => join(prefix, folder)), '/usr/bin', '/bin'].join(':');
    const env = { PATH, MIG_CACHE_DIR: '', MIG_HYPERVISOR: 'xen', ...environment };
    const { stdout, stderr } = spawnSync('sh', ['-c', line], { env, encoding: 'utf8' });
    return { lines: stdout.trimEnd().split('\n'), stderr };
  }

  test('becomes the stock xl for its commands, the process being as it was', () => {
    const { lines } = run(`trap '' HUP; ulimit -Sn 300; exec xl -v list 'a name'`);
    const [said, limit, ignored] = lines;
    expect(said).toBe('stock -v list a name');
    expect(limit).toBe('300');
    expect((BigInt(`0x${ignored!}`) >> BigInt(SIGHUP - 1)) & 1n).toBe(1n);
  });

  test.each(['xl', 'xl help', 'xl migrate-receive -r', 'mig migrate-receive -r', 'mig list'])(
    'is the stock xl for %j',
    (line) => {
      expect(run(line).lines[0]).toBe(line.replace(/^\w+/, 'stock').padEnd(6));
    },
  );

  test('is mig for what is its own, and for all where the hypervisor is the embedded one', () => {
    expect(run('xl resume').stderr).toMatch(/domain/);
    expect(run('xl help', { MIG_HYPERVISOR: 'embedded' }).lines.join()).toContain('Look at saved images');
    expect(run('xl list', { MIG_HYPERVISOR: 'kvm' }).stderr).toContain('MIG_HYPERVISOR must be');
  });

  test('goes where MIG_STOCK_XL says', () => {
    const other = join(prefix, 'other');
    writeFileSync(other, '#!/bin/sh\necho another\n', { mode: 0o755 });
    expect(run('xl list', { MIG_STOCK_XL: other }).lines).toEqual(['another']);
  });

  test('is never what lies in the working folder, whatever PATH says', () => {
    const here = join(prefix, 'here');
    mkdirSync(here);
    for (const planted of ['xl', 'grep', 'readlink', 'node', 'env']) {
      writeFileSync(join(here, planted), '#!/bin/sh\necho planted >&2\n', { mode: 0o755 });
    }
    const relative = (line: string) => run(`cd '${here}'; PATH=.:./:../here:$PATH; ${line}`);
    expect(relative('exec ../bin/xl list')).toMatchObject({
      stderr: '',
      lines: ['stock list', expect.anything(), expect.anything()],
    });
    const undecided = { MIG_HYPERVISOR: '' };
    expect(run(`cd '${here}'; PATH=.:$PATH; exec ../bin/xl help`, undecided)).toMatchObject({ stderr: '' });
  });

  test('says where there is no stock xl', () => {
    expect(run('xl list', {}, ['bin']).stderr).toBe(
      'xl: there is no stock xl on PATH; MIG_STOCK_XL may name it\n',
    );
  });
});

test('nothing is left of what is removed', () => {
  install(prefix, '--take-xl');
  expect(install(prefix, '--remove').status).toBe(0);
  expect(programs()).toEqual([]);
  expect(readdirSync(join(prefix, 'lib'))).toEqual([]);
});
