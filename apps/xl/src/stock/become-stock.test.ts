/**
 * Tests of the whole program on a Xen host: the command lines that it hands on, and what stock's xl
 * receives.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const OWN = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));

/**
 * A script that describes itself as JSON in parts that need no quoting, and ends with a status of its own.
 */
const STOCK = `#!/bin/sh
echo "stock $$"
for word; do echo "argument $word"; done
while read -r name value; do case $name in SigIgn:) echo "ignored $value";; esac; done </proc/self/status
env | sed 's/^/variable /'
read -r line && echo "input $line"
echo "an error of stock" >&2
exit 37
`;
const SIGPIPE = 13;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-become-'));
  for (const name of ['ours', 'stock']) mkdirSync(join(folder, name));
  for (const name of ['xl', 'mig']) symlinkSync(OWN, join(folder, 'ours', name));
  writeFileSync(join(folder, 'stock/xl'), STOCK);
  chmodSync(join(folder, 'stock/xl'), 0o755);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface RunOptions {
  readonly path?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

async function run(name: 'xl' | 'mig', args: readonly string[], options: RunOptions = {}) {
  const { path = ['ours', 'stock'], environment = {} } = options;
  const PATH = [...path.map((each) => join(folder, each)), '/usr/bin', '/bin'].join(delimiter);
  const env = { PATH, MIG_CACHE_DIR: '', MIG_HYPERVISOR: 'xen', ...environment };
  const child = spawn(process.execPath, [join(folder, 'ours', name), ...args], { env });
  // It may end before it reads.
  child.stdin.on('error', () => undefined).end('a line\n');
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  const said = (what: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith(`${what} `))
      .map((line) => line.slice(what.length + 1));
  return { pid: child.pid, env, stdout, stderr, status, said };
}

describe('what is not ours', () => {
  test('is stock: the same process, with the same arguments, environment and streams', async () => {
    const args = ['-v', 'list', '-l', 'a name', '', "it's"];
    const environment = { LC_ALL: 'C', MIG_DEBUG: '1', ODD: 'a = b' };
    const { pid, env, said, status, stderr } = await run('mig', args, { environment });
    expect(said('stock')).toEqual([String(pid)]);
    expect(said('argument')).toEqual(args);
    expect(said('input')).toEqual(['a line']);
    expect(stderr).toBe('an error of stock\n');
    expect(status).toBe(37);
    // Variables that a shell sets by itself.
    const variables = said('variable').filter((each) => !/^(PWD|SHLVL|OLDPWD|_|MIG_HANDED_ON)=/.test(each));
    expect(variables.sort()).toEqual(Object.entries(env).map(([name, value]) => `${name}=${value}`).sort()); // prettier-ignore
  });

  test('is given the octets of its arguments, also where they are not UTF-8', () => {
    const script = `printf '[%s]' "$@" | od -An -tx1 | tr -d ' \\n'`;
    writeFileSync(join(folder, 'octets'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'octets'), 0o755);
    const line = `exec "${process.execPath}" "${join(folder, 'ours/mig')}" list "$(printf 'a\\374')" "$(printf '\\357\\277\\275')" '' ü`;
    const MIG_STOCK_XL = join(folder, 'octets');
    const env = { PATH: '/usr/bin:/bin', MIG_CACHE_DIR: '', MIG_HYPERVISOR: 'xen', MIG_STOCK_XL };
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', line], { env, encoding: 'utf8' });
    const words = [
      Buffer.from('list'),
      Buffer.from('a\xfc', 'latin1'),
      Buffer.from('\ufffd'),
      Buffer.from(''),
      Buffer.from('ü'),
    ];
    const expected = Buffer.concat(words.flatMap((word) => [Buffer.from('['), word, Buffer.from(']')]));
    expect({ stdout, stderr }).toEqual({ stdout: expected.toString('hex'), stderr: '' });
  });

  test('is ended by a pipe that nobody reads, as stock is', async () => {
    const [ignored] = (await run('mig', ['list'])).said('ignored');
    expect((BigInt(`0x${ignored!}`) >> BigInt(SIGPIPE - 1)) & 1n).toBe(0n);
  });

  test.each([
    ['xl', ['help', 'list']],
    ['mig', ['help', 'list']],
    ['xl', ['create', 'busy.cfg']],
    ['mig', ['migrate-receive', '-r']],
  ] as const)('is stock: %s %j', async (name, args) => {
    const { said, status } = await run(name, args);
    expect(said('argument')).toEqual(args);
    expect(status).toBe(37);
  });

  test('is told by `mig info` what mig knows of this Xen, and by `xl info` and for a field nothing', async () => {
    const whole = await run('mig', ['info']);
    expect(whole.stdout).toMatch(/^mig {20}: this machine does not run under Xen\nstock \d+\n/);
    expect(whole.said('argument')).toEqual(['info']);
    for (const [name, args] of [
      ['xl', ['info']],
      ['mig', ['info', 'xen_version']],
      ['mig', ['-v', 'info']],
    ] as const) {
      expect((await run(name, args)).stdout).toMatch(/^stock/);
    }
  });

  test('is what MIG_STOCK_XL names', async () => {
    const environment = { MIG_STOCK_XL: join(folder, 'stock/xl') };
    const { said } = await run('mig', ['list'], { path: ['ours'], environment });
    expect(said('argument')).toEqual(['list']);
  });
});

describe('what is ours', () => {
  test('stays ours', async () => {
    const { stdout, said, status } = await run('mig', ['help']);
    expect(said('stock')).toEqual([]);
    expect(stdout).toContain('migrate');
    expect(status).toBe(0);
  });

  test('is everything where the hypervisor is the embedded one', async () => {
    const environment = { MIG_HYPERVISOR: 'embedded' };
    const { said, stdout, status } = await run('xl', ['help'], { environment });
    expect(said('stock')).toEqual([]);
    expect(stdout).toContain('migrate');
    expect(status).toBe(0);
  });
});

test('where there is no stock xl it is said', async () => {
  const environment = { PATH: join(folder, 'ours') };
  const { stdout, stderr, status } = await run('mig', ['list'], { environment });
  expect({ stdout, stderr, status }).toEqual({
    stdout: '',
    stderr: 'xl: there is no stock xl on PATH; MIG_STOCK_XL may name it\n',
    status: 1,
  });
});

test('a stock xl that cannot be run is said', async () => {
  const broken = join(folder, 'broken');
  writeFileSync(broken, 'no program at all\n');
  chmodSync(broken, 0o755);
  const { stderr, status } = await run('mig', ['list'], { environment: { MIG_STOCK_XL: broken } });
  expect(stderr).toMatch(/^xl: execv .*broken: ENOEXEC\n$/);
  expect(status).toBe(1);
});

test('a script that calls us again is no stock xl: said, and not followed for ever', async () => {
  const script = join(folder, 'circle');
  writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'ours/xl')}" "$@"\n`);
  chmodSync(script, 0o755);
  const { stderr, status } = await run('mig', ['list'], { environment: { MIG_STOCK_XL: script } });
  expect(stderr).toBe(`xl: ${script} is mig again, not the stock xl; MIG_STOCK_XL may name it\n`);
  expect(status).toBe(1);
});

test('MIG_HYPERVISOR of another word is refused', async () => {
  const { stderr, status } = await run('mig', ['list'], { environment: { MIG_HYPERVISOR: 'kvm' } });
  expect(stderr).toBe("xl: MIG_HYPERVISOR must be xen or embedded, not 'kvm'\n");
  expect(status).toBe(2);
});
