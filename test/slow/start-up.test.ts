/** Tests of what a program loads at its start, and of what is kept for the next start. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  realpathSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test as plain } from 'vitest';
import { expectMoved } from '../harness/expectations.js';
import { Program } from '../harness/program.js';
import { test } from '../harness/two-hosts.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The programs, and the bundles that each loads in addition. */
const bundles: Readonly<Record<string, readonly string[]>> = {
  'apps/xl/dist/xl.cjs': ['koffi', './drawing.mjs', './bullmq.mjs'],
  'apps/xl/dist/task-worker.cjs': ['koffi'],
  'apps/xl/dist/check-policy.cjs': [],
  'apps/xl-save-helper/dist/xl-save-helper.cjs': ['koffi'],
  'packages/hypervisor-wasm/dist/domain.cjs': ['koffi'],
  'packages/hypervisor-wasm/dist/vcpu-thread.cjs': [],
  'packages/hypervisor-xen/dist/libxl-process.cjs': ['koffi'],
  'packages/hypervisor-xen/dist/libxl-monitor.cjs': ['koffi'],
};

plain.for(Object.entries(bundles))('%s is all of the program but for what it names', ([path, external]) => {
  const bundle = readFileSync(root + path, 'utf8');
  const named = [...bundle.matchAll(/\b(?:require|importModule)\("([^"]+)"\)/g)].map(([, name]) => name!);
  expect(new Set(named.filter((name) => !isBuiltin(name)))).toEqual(new Set(external));
  expect(bundle).not.toMatch(/\bimport\(|import\.meta/);
});

plain.for([
  ['apps/xl', ['bullmq', 'commander', 'ioredis', 'msgpackr', 'preact', 'protobufjs', 'vega', 'vega-lite']],
  ['packages/hypervisor-wasm', ['msgpackr', 'protobufjs']],
] as const)('%s has the licences of what has gone into it', ([folder, packages]) => {
  const licences = readFileSync(`${root}${folder}/dist/licences.txt`, 'utf8');
  for (const name of packages) {
    expect(licences).toMatch(new RegExp(`^${name} [0-9.]+ \\(\\S+\\)\n\n[^]*?Copyright`, 'm'));
  }
});

plain('the page of a run is apart from the program, which loads it to serve it', async () => {
  const { href } = new URL('../../apps/xl/dist/page.mjs', import.meta.url);
  const { files } = (await import(href)) as { files: Record<string, { type: string; text: string }> };
  expect(Object.keys(files).sort()).toEqual(['/', '/icon.svg', '/page.css', '/page.js']);
  // Words of the page, as they are in what draws it.
  const words = 'Memory of the hosts';
  expect(files['/page.js']!.text).toContain(words);
  expect(readFileSync(`${root}apps/xl/dist/xl.cjs`, 'utf8')).not.toContain(words);
});

plain('a thread that cannot be started ahead ends nobody', () => {
  const script = `
    require('node:child_process').execFileSync('prlimit', ['--nproc=1', '--pid', String(process.pid)]);
    try { new (require('node:worker_threads').Worker)('', { eval: true }); } catch ({ message }) { console.log(message); }
    require(process.argv[1]).startAhead('receive');
    console.log('goes on');`;
  const worker = `${root}apps/xl/bin/task-worker.cjs`;
  const asUser = process.getuid!() === 0 ? { uid: 65534 } : {};
  const { stdout } = spawnSync(process.execPath, ['-e', script, worker], { encoding: 'utf8', ...asUser });
  expect(stdout).toBe('EAGAIN\ngoes on\n');
});

plain('a process that ends while a thread loads for it waits until that has loaded', () => {
  const preloaded = `
    const { isMainThread } = require('node:worker_threads');
    const { dlopen } = process;
    process.dlopen = (...library) => {
      dlopen.apply(process, library);
      if (isMainThread) return;
      // Where the thread is stopped, it is here.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
      require('node:fs').writeSync(1, 'loaded');
    };`;
  const folder = mkdtempSync(join(tmpdir(), 'mig-loads-'));
  try {
    const preload = join(folder, 'preload.cjs');
    writeFileSync(preload, preloaded);
    const script = `require(process.argv[1]).startAhead('migrate')`;
    const worker = `${root}apps/xl/bin/task-worker.cjs`;
    const { stdout, status } = spawnSync(process.execPath, ['--require', preload, '-e', script, worker], {
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: 'loaded', status: 0 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a program that cannot be read for want of descriptors says so in a line', () => {
  const script = `
    const fs = require('node:fs');
    const { start } = require(process.argv[1]);
    require(require('node:path').join(process.argv[1], '../../dist/launcher.cjs'));
    try { for (;;) fs.openSync('/dev/null'); } catch {}
    start('xl');`;
  const few = ['-c', 'ulimit -n 60 && exec "$0" "$@"', process.execPath, '-e', script];
  const { status, stderr } = spawnSync('sh', [...few, `${root}apps/xl/bin/start.cjs`], { encoding: 'utf8' });
  // By which file it is noticed differs from one Node to the next.
  expect(stderr).toMatch(/^xl cannot be loaded: [^\n]*too many open files[^\n]*\n$/);
  expect(status).toBe(1);
});

describe('a migration', () => {
  test('keeps what was compiled of each of its programs, and uses it the next time', async ({ hosts }) => {
    const folder = hosts.path('compiled');
    const environment = { MIG_CACHE_DIR: folder };
    const written = () =>
      Object.fromEntries(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mtimeMs]));
    await hosts.source.create();
    await hosts.source.create({ name: 'second' });
    expect(await hosts.source.startWith(environment, ...hosts.migration()).ended).toMatchObject({
      status: 0,
    });
    const first = written();
    expect(Object.keys(first).sort()).toEqual(['domain-incoming', 'xl-migrate', 'xl-migrate-receive', 'xl-migrate-worker', 'xl-receive-worker']); // prettier-ignore
    const again = hosts.source.startWith(environment, ...hosts.migration({ domain: 'second' }));
    expect(await again.ended).toMatchObject({ status: 0 });
    expect(written()).toEqual(first);
  });

  test('has no module loaded in its programs but the bundles and koffi', async ({ hosts }) => {
    const before = await hosts.source.create();
    const coverage = hosts.path('coverage');
    // Files that the domain's process loads, which ends with the test, are left out.
    const environment = { NODE_V8_COVERAGE: coverage };
    expect(await hosts.source.startWith(environment, ...hosts.migration()).ended).toMatchObject({
      status: 0,
    });
    await expectMoved(hosts, before);
    const reports = readdirSync(coverage).map(
      (file) => JSON.parse(readFileSync(join(coverage, file), 'utf8')) as { result: { url: string }[] },
    );
    const urls = new Set(
      reports.flatMap(({ result }) => result.map(({ url }) => url)).filter((url) => url.startsWith('file:')),
    );
    const own = [...urls]
      .filter((url) => !/\/node_modules\/(koffi|@koromix)\//.test(url))
      .map((url) => url.replace(/^.*\/apps\//, 'apps/'));
    expect(own.sort()).toEqual(['apps/xl-receive/bin/xl-receive.js', 'apps/xl/bin/start.cjs', 'apps/xl/bin/task-worker.cjs', 'apps/xl/bin/xl.js', 'apps/xl/dist/launcher.cjs', 'apps/xl/dist/task-worker.cjs', 'apps/xl/dist/xl.cjs']); // prettier-ignore
  });
});

describe('a clone in which nothing is built', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mig-unbuilt-'));
    for (const app of ['xl', 'xl-receive', 'xl-save-helper']) {
      for (const part of ['bin', 'package.json'])
        cpSync(`${root}apps/${app}/${part}`, join(folder, 'apps', app, part), { recursive: true });
    }
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const started = (app: string, program: string) =>
    new Program(process.execPath, [join(folder, 'apps', app, 'bin', program), 'list'], { environment: {} })
      .ended;

  const notBuilt = () =>
    `mig is not built: build it first, with 'node ${realpathSync(folder)}/tooling/with-pnpm.mjs build'\n`;

  plain.for([
    ['xl', 'xl.js'],
    ['xl-save-helper', 'xl-save-helper.cjs'],
  ] as const)('says so: %s', async ([app, program]) => {
    const stderr = notBuilt();
    expect(await started(app, program)).toEqual({ status: 1, stdout: '', stderr });
  });

  plain('says so: xl-receive', async () => {
    const missing = { status: 1, stdout: '', stderr: notBuilt() };
    expect(await started('xl-receive', 'xl-receive.js')).toEqual(missing);
    const modules = join(folder, 'apps/xl-receive/node_modules/@mig');
    mkdirSync(modules, { recursive: true });
    symlinkSync(join(folder, 'apps/xl'), join(modules, 'xl'));
    expect(await started('xl-receive', 'xl-receive.js')).toEqual(missing);
  });
});
