/**
 * Tests of `node tooling/install.mjs`: what it installs where, what an upgrade leaves in place, and what an
 * uninstall removes.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
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

test("other users may read it, whatever root's umask is", () => {
  const command = ['umask 077; exec "$0" "$@"', process.execPath, INSTALL, '--prefix', prefix];
  expect(spawnSync('sh', ['-c', ...command]).status).toBe(0);
  const paths = readdirSync(prefix, { recursive: true, encoding: 'utf8' });
  const modes = paths.map((path) => [path, statSync(join(prefix, path)).mode & 0o044] as const);
  expect(modes.filter(([, mode]) => mode !== 0o044)).toEqual([]);
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

test('the options are explained, and others refused, without anything being done', () => {
  const explained = expect.stringMatching(/^Usage: [^]*--take-xl/) as string;
  expect(install(prefix, '--help')).toMatchObject({ status: 0, stdout: explained, stderr: '' });
  const refused = expect.stringMatching(/--prefixx[^]*Usage: /) as string;
  expect(install(prefix, '--prefixx')).toMatchObject({ status: 2, stdout: '', stderr: refused });
  expect(readdirSync(prefix)).toEqual([]);
});

test('the name xl is taken when it is asked for, and kept from then on', () => {
  install(prefix, '--take-xl');
  expect(programs()).toContain('xl');
  install(prefix);
  expect(programs()).toContain('xl');
});

test('a relative prefix counts from the folder of the installation alone', () => {
  const argv = [INSTALL, '--prefix', 'below', '--take-xl'];
  expect(spawnSync(process.execPath, argv, { cwd: prefix })).toMatchObject({ status: 0 });
  const { stdout } = spawnSync(join(prefix, 'below/bin/xl'), ['list'], {
    cwd: '/',
    env: { MIG_HOST_DIR: join(prefix, 'host'), MIG_CACHE_DIR: '' },
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/^Name /);
});

test('the manual pages and completions are there for the names that are taken, and go with them', () => {
  const share = () =>
    readdirSync(join(prefix, 'share'), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(prefix, join(entry.parentPath, entry.name)))
      .sort();
  install(prefix);
  const files = [
    'share/bash-completion/completions/mig',
    'share/man/man1/mig.1',
    'share/man/man8/xl-save-helper.8',
    'share/zsh/site-functions/_mig',
  ];
  expect(share()).toEqual(files);
  expect(readFileSync(join(prefix, 'share/man/man1/mig.1'), 'utf8')).toContain('.Nm mig');
  install(prefix, '--take-xl');
  expect(share()).toEqual(
    [...files, 'share/bash-completion/completions/xl', 'share/zsh/site-functions/_xl'].sort(),
  );
  install(prefix, '--remove');
  expect(share()).toEqual([]);
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

  test.each([
    'xl help create',
    'mig help create',
    'xl migrate-receive -r',
    'mig migrate-receive -r',
    'mig list',
  ])('is the stock xl for %j', (line) => {
    expect(run(line).lines[0]).toBe(line.replace(/^\w+/, 'stock').padEnd(6));
  });

  test("shows stock's commands and mig's together", () => {
    for (const line of ['xl', 'xl help']) {
      const { lines, stderr } = run(line);
      expect(stderr).toBe('');
      expect(lines[0]).toBe('stock help');
      expect(lines).toContainEqual(expect.stringMatching(/^ migrate-status +\w/));
      // Stock's commands are not mig's there.
      expect(lines.join()).not.toContain(' console ');
    }
    expect(run('xl help migrate').lines.join()).toContain('--max-downtime');
  });

  test('is mig for what is its own, and for all where the hypervisor is the embedded one', () => {
    expect(run('xl resume').stderr).toMatch(/requires at least 1 argument/);
    expect(run('xl help', { MIG_HYPERVISOR: 'embedded' }).lines.join()).toContain(
      'Inspect, verify and copy saved images',
    );
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

  test('does not hand on to that of another installation, which would hand on to it', () => {
    mkdirSync(join(prefix, 'another'));
    copyFileSync(join(prefix, 'bin/xl'), join(prefix, 'another/xl'));
    const list = (...path: string[]) => run('timeout 20 xl list', {}, path);
    expect(list('bin', 'another', 'stock').lines[0]).toBe('stock list');
    expect(list('another', 'bin', 'stock').lines[0]).toBe('stock list');
    expect(list('bin', 'another').stderr).toMatch(/^xl: there is no stock xl/);
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
