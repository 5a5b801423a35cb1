/** Tests of the Debian package and the npm tarball. The Xen lab installs the package with apt, and migrates with it. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ hookTimeout: 300_000, testTimeout: 300_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-package-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });

describe('the Debian package', () => {
  let deb: string;
  let files: string;
  beforeAll(() => {
    const build = [process.execPath, join(root, 'tooling/package/deb.mjs'), '--out', folder];
    deb = run('sh', '-c', 'umask 077; exec "$0" "$@"', ...build).trim();
    files = join(folder, 'files');
    run('dpkg-deb', '--raw-extract', deb, files);
  });
  const read = (path: string) => readFileSync(join(files, path), 'utf8');

  test('needs a Node that mig runs on, and the C library that koffi was built for', () => {
    const [, depends = ''] = /^Depends: (.*)$/m.exec(read('DEBIAN/control')) ?? [];
    const { engines } = JSON.parse(read('usr/lib/mig/node_modules/@mig/xl/package.json')) as {
      engines: { node: string };
    };
    expect(depends).toContain(`nodejs (${engines.node.replace('>=', '>= ')})`);
    const koffi = readFileSync(
      join(files, 'usr/lib/mig/node_modules/@koromix/koffi-linux-x64/linux_x64/koffi.node'),
      'latin1',
    );
    const needed = [...koffi.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
    const [, stated] = /libc6 \(>= 2\.(\d+)\)/.exec(depends) ?? [];
    expect(Number(stated)).toBeGreaterThanOrEqual(Math.max(...needed));
  });

  test('has of the packages of others koffi alone', () => {
    const modules = join(files, 'usr/lib/mig/node_modules');
    expect(readdirSync(modules).sort()).toEqual(['@koromix', '@mig', 'koffi']);
    expect(readdirSync(join(modules, '@koromix'))).toEqual(['koffi-linux-x64']);
    const found = readdirSync(modules, { recursive: true, encoding: 'utf8' });
    expect(found.filter((name) => name.endsWith('/node_modules'))).toEqual([]);
  });

  test('has each program where the documents say, and its manual', () => {
    expect(readdirSync(join(files, 'usr/bin')).sort()).toEqual(['mig', 'xl-receive', 'xl-save-helper']);
    const manual = join(files, 'usr/share/man');
    expect(readdirSync(manual, { recursive: true, encoding: 'utf8' }).sort()).toEqual([
      'man1',
      'man1/mig.1.gz',
      'man1/xl-receive.1.gz',
      'man8',
      'man8/xl-save-helper.8.gz',
    ]);
    expect(gunzipSync(readFileSync(join(manual, 'man1/mig.1.gz'))).toString()).toContain('.Nm mig');
    expect(readdirSync(join(files, 'usr/share/bash-completion/completions'))).toEqual(['mig']);
    expect(readdirSync(join(files, 'usr/share/zsh/vendor-completions'))).toEqual(['_mig']);
    const helper = join(files, 'usr/lib/mig/node_modules/@mig/xl-save-helper/bin/xl-save-helper');
    expect(join('/usr/lib/mig/node_modules/@mig/xl-save-helper/bin', readlinkSync(helper))).toBe(
      '/usr/bin/xl-save-helper',
    );
  });

  test('keeps its settings over upgrades, and has none in force', () => {
    expect(read('DEBIAN/conffiles')).toBe('/etc/default/mig\n');
    const settings = read('etc/default/mig');
    expect(parseEnv(settings)).toEqual({});
    const page = readFileSync(join(root, 'docs/xen.md'), 'utf8');
    const named = (text: string) => [...new Set(text.match(/\bMIG_[A-Z_]+(?==)/g))].sort();
    const [, block = ''] = /```sh\n(MIG_PRECOPY_ITERATIONS=[^]*?)```/.exec(page) ?? [];
    expect(named(settings)).toEqual([...named(block), 'MIG_ARRIVALS_MAX', 'MIG_STALL_PASSES'].sort());
    const [, document = ''] = /See \/(usr\/share\/doc\/\S+)\.$/m.exec(settings) ?? [];
    expect(gunzipSync(readFileSync(join(files, document))).toString()).toBe(page);
  });

  test('names a page in its settings that it has', () => {
    const [, page = ''] = /^# .*See (\/\S+)\.$/m.exec(read('etc/default/mig')) ?? [];
    expect(page).not.toBe('');
    expect(existsSync(join(files, page))).toBe(true);
  });

  test('can be read by all, whatever the umask where it is built, and has the time of its commit', () => {
    const list = run('sh', '-c', 'dpkg-deb --fsys-tarfile "$0" | tar -tv --full-time', deb);
    const rows = list
      .trim()
      .split('\n')
      .map((row) => row.split(/ +/));
    expect([...new Set(rows.map(([mode]) => mode))].sort()).toEqual([
      '-rw-r--r--',
      '-rwxr-xr-x',
      'drwxr-xr-x',
      'lrwxrwxrwx',
    ]);
    expect(new Set(rows.map(([, , , date, time]) => `${date} ${time}`)).size).toBe(1);
  });

  test('enables its service again after a removal, which has masked it', () => {
    const bin = join(folder, 'helpers');
    mkdirSync(bin);
    const log = join(folder, 'helpers.log');
    for (const name of ['deb-systemd-helper', 'systemctl']) {
      writeFileSync(join(bin, name), `#!/bin/sh\necho "\${0##*/} $*" >> '${log}'\n`, { mode: 0o755 });
    }
    const env = { PATH: `${bin}:${process.env['PATH']}` };
    execFileSync('sh', [join(files, 'DEBIAN/postinst'), 'configure'], { env, stdio: 'pipe' });
    expect(readFileSync(log, 'utf8').match(/^deb-systemd-helper .*/gm)).toEqual([
      'deb-systemd-helper unmask mig-snapshot.service',
      'deb-systemd-helper enable mig-snapshot.service',
    ]);
  });

  const units = 'usr/lib/systemd/system';
  const hasSystemd = existsSync('/usr/bin/systemd-analyze') && existsSync(`/${units}/network-online.target`);

  test.skipIf(!hasSystemd)(
    'has units that systemd takes as they are, and the programs that these run',
    () => {
      // The package in a system that has nothing but systemd's own units.
      const system = join(folder, 'system');
      cpSync(`/${units}`, join(system, units), { recursive: true, verbatimSymlinks: true });
      for (const part of [units, 'usr/bin', 'usr/lib/mig/make-snapshot', 'etc/default']) {
        cpSync(join(files, part), join(system, part), { recursive: true, verbatimSymlinks: true });
      }
      const faultsOf = (name: string) => {
        const verify = ['verify', '--man=no', `--root=${system}`, name];
        const { stderr } = spawnSync('systemd-analyze', verify, { encoding: 'utf8' });
        // It also checks the units on which this one depends, whose programs are not there.
        return stderr.split('\n').filter((line) => line.includes(name));
      };
      const names = readdirSync(join(files, units));
      expect(names.sort()).toEqual(['mig-evacuate-worker.service', 'mig-snapshot.service']);
      expect(names.flatMap(faultsOf)).toEqual([]);
      const broken = read(`${units}/mig-evacuate-worker.service`).replace('=/usr/bin/mig', '=/usr/bin/none');
      writeFileSync(join(system, units, 'broken.service'), broken);
      expect(faultsOf('broken.service')).toEqual([expect.stringContaining('/usr/bin/none')]);
    },
  );

  test('replaces a snapshot without a moment in which it is missing', () => {
    const made = join(folder, 'snapshots');
    const node = join(folder, 'fake-node');
    // Its words are its arguments: --snapshot-blob FILE.
    writeFileSync(node, '#!/bin/sh\necho new > "$2"\n', { mode: 0o755 });
    const script = read('usr/lib/mig/make-snapshot')
      .replaceAll('/run/mig', made)
      .replaceAll('/usr/bin/node', node);
    run('sh', '-c', script);
    const [snapshot = ''] = readdirSync(made);
    writeFileSync(join(made, 'node-of-before.blob'), 'old');
    run('sh', '-c', script.replace(/^mv (?="\$fresh")/m, `[ -e '${join(made, snapshot)}' ] && mv `));
    expect(readdirSync(made)).toEqual([snapshot]);
  });

  test('has a list of what is in it, with licences', () => {
    const bill = JSON.parse(read('usr/share/doc/mig/mig.cdx.json')) as {
      bomFormat: string;
      components: { name: string; version: string; licenses: unknown[] }[];
    };
    expect(bill.bomFormat).toBe('CycloneDX');
    const names = bill.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['koffi', 'xl', 'commander', 'protobufjs', 'vega']));
    expect(bill.components.filter(({ licenses }) => licenses.length === 0)).toEqual([]);
    const copyright = read('usr/share/doc/mig/copyright');
    for (const { name } of bill.components.filter(({ name }) => /vega|koffi|commander/.test(name))) {
      expect(copyright).toMatch(new RegExp(`(^|/)${name}[ :]|Niels Martign`, 'm'));
    }
  });

  test('is built alike by everybody', () => {
    const again = run(
      process.execPath,
      join(root, 'tooling/package/deb.mjs'),
      '--out',
      join(folder, 'again'),
    ).trim();
    expect(readFileSync(again).equals(readFileSync(deb))).toBe(true);
  });

  test('is installed as its version', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'apps/xl/package.json'), 'utf8')) as {
      version: string;
    };
    expect(run('dpkg-deb', '--field', deb, 'Version').trim()).toBe(version);
  });
});

test('the npm tarball is installed without a network, and runs', () => {
  const tarball = run(process.execPath, join(root, 'tooling/package/npm.mjs'), '--out', folder).trim();
  const prefix = join(folder, 'prefix');
  const environment = {
    ...process.env,
    npm_config_cache: join(folder, 'cache'),
    npm_config_update_notifier: 'false',
  };
  execFileSync('npm', ['install', '--global', '--offline', '--prefix', prefix, tarball], {
    env: environment,
    stdio: 'pipe',
  });
  expect(readdirSync(join(prefix, 'bin')).sort()).toEqual(['mig', 'xl-receive', 'xl-save-helper']);
  const bill = JSON.parse(readFileSync(join(prefix, 'lib/node_modules/mig/mig.cdx.json'), 'utf8')) as {
    metadata: { component: { purl: string } };
  };
  expect(bill.metadata.component.purl).toMatch(/^pkg:npm\/mig@/);
  const { status, stdout, stderr } = spawnSync(join(prefix, 'bin/mig'), ['list'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], MIG_HOST_DIR: join(folder, 'host'), MIG_CACHE_DIR: '' },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^Name /);
});
