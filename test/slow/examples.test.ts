/** Runs the programs of examples/ as another project would: with mig's packages from tarballs, in a folder of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

vi.setConfig({ hookTimeout: 600_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
let project: string;
let environment: NodeJS.ProcessEnv;

function run(folder: string, program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
}

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'mig-examples-'));
  const tarballs = join(project, 'tarballs');
  mkdirSync(tarballs);
  const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
    packageManager: string;
  };
  // What the README of each package says under Install, for the one that needs all others.
  const pack = ['-r', '--filter-prod', '@mig/xl-receive...', 'pack', '--pack-destination', tarballs];
  // Below another `npm exec`, a package that is not named as one is taken for the command.
  run(root, 'npm', 'exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...pack);
  // As npm install does, but for the packages of others, which are those of this checkout: nothing is fetched.
  const others = `${root}/node_modules/.pnpm/node_modules`;
  mkdirSync(join(project, 'node_modules/@mig'), { recursive: true });
  for (const name of readdirSync(others)) {
    if (name !== '@mig') symlinkSync(join(others, name), join(project, 'node_modules', name));
  }
  for (const tarball of readdirSync(tarballs)) {
    const folder = join(project, 'node_modules', tarball.replace(/^mig-(.*)-[\d.]+\.tgz$/, '@mig/$1'));
    mkdirSync(folder);
    run(project, 'tar', '-xzf', join(tarballs, tarball), '--strip-components=1', '-C', folder);
  }
  for (const name of readdirSync(`${root}/examples`)) {
    if (name.endsWith('.mjs')) cpSync(`${root}/examples/${name}`, join(project, name));
  }
  const programs = join(project, 'programs');
  mkdirSync(programs);
  symlinkSync('../node_modules/@mig/xl/bin/xl.js', join(programs, 'xl'));
  environment = { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}`, MIG_CACHE_DIR: '' };
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Starts an example. */
function start(program: string, ...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: project,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[status], stdout, stderr]) => ({ status: status as number | null, stdout, stderr }),
  );
  return { child, ended };
}

const domains = (folder: string) => EmbeddedHost.open(join(project, folder)).list();

const MOVED = /downtime: [\d.]+ ms/;

test('a pair of pipes between two workers', async () => {
  const { status, stdout, stderr } = await start('pipes.mjs', 'left', 'right').ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  // Of 16384, of which the guest has touched about 2000: the others have zeros alone.
  const [, pages] = /^precopy: (\d+) pages\n/.exec(stdout) ?? [];
  expect(Number(pages)).toBeGreaterThanOrEqual(2000);
  expect(Number(pages)).toBeLessThanOrEqual(16384);
  expect(stdout).toMatch(MOVED);
  expect(stdout).toContain('busy runs in right\n');
  expect([...domains('left'), ...domains('right')]).toEqual([]);
});

test('a TCP socket', async () => {
  const target = start('tcp-target.mjs', 'tcp-right', '0');
  const [line] = (await once(target.child.stdout, 'data')) as [Buffer];
  const port = /port: (\d+)/.exec(String(line))![1]!;
  expect(await start('tcp-source.mjs', 'tcp-left', port).ended).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(MOVED) as string,
    stderr: '',
  });
  expect(await target.ended).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('busy runs in tcp-right\n') as string,
    stderr: '',
  });
});

test('a child process', async () => {
  const { status, stdout, stderr } = await start('child-source.mjs', 'child-left', 'child-right').ended;
  expect({ status, stderr }).toEqual({ status: 0, stderr: 'busy runs in child-right\n' });
  expect(stdout).toMatch(MOVED);
});

describe('migrate', () => {
  const receiver = (folder: string) => `MIG_HOST_DIR='${join(project, folder)}' exec xl migrate-receive`;
  const guest = JSON.stringify({
    c_info: { type: 'wasm', name: 'busy' },
    b_info: { max_memkb: 32768, kernel: 'wss', cmdline: 'pages=500 rate=20000' },
  });
  beforeAll(() => {
    environment = { ...environment, MIG_HOST_DIR: join(project, 'here') };
    EmbeddedHost.open(join(project, 'here')).create(guest, { paused: false });
  });
  afterAll(() => {
    for (const folder of ['here', 'there']) {
      const host = EmbeddedHost.open(join(project, folder));
      for (const { domid } of host.list()) host.destroy(domid);
    }
  });

  test('says what does not begin', async () => {
    expect(await start('migrate.mjs', 'nobody', 'nowhere').ended).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('nobody') as string,
    });
  });

  test('says what fails, and what became of the domain', async () => {
    expect(await start('migrate.mjs', 'busy', 'echo hello', '-s', '').ended).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^the target sent "hello".*\nbusy was not touched/) as string,
    });
  });

  test('stops where it is asked to', async () => {
    const options = ['-s', '', '--bandwidth', '10Mbit/s'];
    const { child, ended } = start('migrate.mjs', 'busy', receiver('there'), ...options);
    await once(child.stdout, 'data');
    child.kill();
    expect(await ended).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('busy keeps running here') as string,
    });
    expect(domains('here')).toMatchObject([{ name: 'busy', logDirty: false }]);
  });

  test('says when its process was killed halfway', async () => {
    const options = ['-s', '', '--bandwidth', '10Mbit/s'];
    const { child, ended } = start('migrate.mjs', 'busy', receiver('there'), ...options);
    await once(child.stdout, 'data');
    const xl = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'));
    process.kill(xl, 'SIGKILL');
    expect(await ended).toMatchObject({ status: 1, stderr: 'xl was ended by SIGKILL\n' });
  });

  test('moves a domain, and its capture is listed', async () => {
    const capture = join(project, 'captured');
    const command = `tee '${capture}' | ${receiver('there')}`;
    const { status, stdout } = await start('migrate.mjs', 'busy', command, '-s', '').ended;
    expect(status).toBe(0);
    expect(stdout).toMatch(/^precopy: 8192 pages\n(.*\n)*downtime: [\d.]+ ms, \d+ passes\n$/);
    expect(domains('there')).toMatchObject([{ name: 'busy' }]);

    const listed = await start('list.mjs', capture).ended;
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    const lines = listed.stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('xl xl-header');
    expect(lines.at(-1)).toBe('handshake permission');
    expect(lines.filter((line) => !/^(xl|libxl|libxc|handshake) [\w-]+( \{.*\})?$/.test(line))).toEqual([]);
    expect(lines.filter((line) => /^libxc (PAGE_DATA|ZERO_PAGES) /.test(line)).length).toBeGreaterThanOrEqual(
      8,
    );
  });

  test('goes on when the program that began it is gone', async () => {
    environment = { ...environment, MIG_HOST_DIR: join(project, 'there') };
    const options = ['-s', '', '--bandwidth', '50Mbit/s'];
    const { child, ended } = start('migrate.mjs', 'busy', receiver('here'), ...options);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await ended;
    await expect.poll(() => domains('there'), { interval: 500 }).toEqual([]);
    expect(domains('here')).toMatchObject([{ name: 'busy' }]);
  });
});

describe('the lister', () => {
  const recording = (name: string) => `${root}/packages/protocol/fixtures/${name}`;

  test.for(['pvh-save.bin', 'pvh-live.bin', 'pv-save.bin'])(
    'reads what stock has written: %s',
    async (name) => {
      const { status, stdout, stderr } = await start('list.mjs', recording(name)).ended;
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^libxc PAGE_DATA \{"/m);
      expect(stdout).toMatch(/^libxl END \{\}$/m);
    },
  );

  test('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, ['list.mjs', recording('pv-save.bin')], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [stderr, end] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect({ end, stderr }).toEqual({ end: [0, null], stderr: '' });
  });
});
