/** Tests of the whole program on a machine without Xen: what it says to libxl, and how it ends. */
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { afterEach, describe, expect, test } from 'vitest';
import { isControlDomain } from '@mig/hypervisor-xen/memory';
import { encodeHelperMessage } from '@mig/protocol/save-helper';
import { type HelperOptions, RESTORE, SAVE, ScriptedLibxl } from './scripted-libxl.test-support.js';

const BUNDLE = new URL('../dist/xl-save-helper.cjs', import.meta.url);

const ENODEV = 19;
const EINVAL = 22;
const EOPNOTSUPP = 95;

const started: ScriptedLibxl[] = [];
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
});

function start(line: string, options?: HelperOptions): ScriptedLibxl {
  const libxl = new ScriptedLibxl(line, options);
  started.push(libxl);
  return libxl;
}

const QUIETLY = { status: 0, stderr: '' };
const error = (errnoval: number, formatted: unknown) => ({
  name: 'log',
  level: 8,
  errnoval,
  context: 'xl-save-helper',
  formatted,
});
const nothingRestored = { name: 'restore_results', store_gfn: 0n, console_gfn: 0n };
const failed = (errnoval: number) => ({ name: 'complete', retval: -1, errnoval });

// In a dom0 the helper would start to save.
describe.skipIf(isControlDomain())('without Xen', () => {
  const noXen = error(ENODEV, 'this machine does not run under Xen');

  test('a save says so, and that it failed', async () => {
    const libxl = start(SAVE);
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages).toEqual([noXen, failed(ENODEV)]);
    // The `complete` message as stock sends it: length, type, -1, errno.
    expect(libxl.octets.subarray(-12).toString('hex')).toBe('0a000a00ffffffff13000000');
    expect(libxl.octets).toEqual(Buffer.concat(libxl.messages.map(encodeHelperMessage)));
  });

  test.each([SAVE, RESTORE])('it is said in a working folder that is gone, too: %s', async (line) => {
    const libxl = start(line, { before: 'cd "$(mktemp -d)" && rmdir "$PWD" &&' });
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages[0]).toEqual(noXen);
  });

  test('a file of settings whose name is not UTF-8 is not taken for another', async () => {
    const libxl = start(SAVE, { before: `export MIG_SETTINGS="$(printf '/etc/\\374')";` });
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages[0]).toMatchObject({
      formatted: "MIG_SETTINGS must be a path in UTF-8, not '/etc/\\xfc' (environment)",
    });
  });

  test('a restore says so, with no results, as stock does', async () => {
    const libxl = start(RESTORE);
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages).toEqual([noXen, nothingRestored, failed(ENODEV)]);
  });

  test('what libxl does not offer is not asked for', async () => {
    const libxl = start('--restore-domain 3 -1 4 1 0 2 0 0 0');
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages).toEqual([noXen, failed(ENODEV)]);
  });

  test.each([
    ['save', SAVE],
    ['restore', RESTORE],
  ])('an xl that listens hears of the %s, too', async (_, line) => {
    const libxl = start(line, { linked: true });
    const { news, ...end } = await libxl.ended;
    expect(end).toMatchObject(QUIETLY);
    const failure = { kind: 'host', code: 'unavailable', message: 'this machine does not run under Xen' };
    expect(news.trimEnd().split('\n').map((each) => JSON.parse(each) as unknown)).toEqual([
      { kind: 'helper', pid: libxl.child.pid },
      { kind: 'failed', failure },
    ]); // prettier-ignore
  });

  test('SIGTERM does not keep a save from its last word', async () => {
    const libxl = start(SAVE, { answer: () => undefined });
    await libxl.heard('complete');
    libxl.child.kill('SIGTERM');
    libxl.child.stdin!.write(Buffer.alloc(4));
    expect(await libxl.ended).toMatchObject(QUIETLY);
  });

  test('SIGTERM ends a restore, as it ends the stock helper', async () => {
    const libxl = start(RESTORE, { answer: () => undefined });
    await libxl.heard('complete');
    libxl.child.kill('SIGTERM');
    expect(await libxl.ended).toMatchObject({ status: 'SIGTERM', stderr: '' });
  });

  test.each([SAVE, RESTORE])('libxl that dies before it answers ends %s', async (line) => {
    const libxl = start(line, { answer: () => undefined });
    await libxl.heard('complete');
    libxl.vanish();
    const { status, stderr } = await libxl.ended;
    expect(status).toBe(255);
    expect(stderr).toBe("xl-save-helper: libxl's replies ended at byte 0, 4 bytes short\n");
  });

  test.each([SAVE, RESTORE])('libxl that dies at once ends %s', async (line) => {
    const libxl = start(line);
    libxl.vanish();
    const { status, stderr } = await libxl.ended;
    expect(status).toBe(255);
    expect(stderr).toMatch(
      /^xl-save-helper: (write the messages to libxl: EPIPE|libxl's replies ended .*)\n$/,
    );
  });
});

test('the bundle is all that is loaded, but for koffi: no library of the control socket or of traces', () => {
  const bundle = readFileSync(BUNDLE, 'utf8');
  const required = [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name!);
  expect(new Set(required.filter((name) => !isBuiltin(name)))).toEqual(new Set(['koffi']));
  expect(bundle).not.toMatch(/\bimport\(/);
  // esbuild names each module above its code.
  expect(bundle).not.toMatch(/node_modules/);
});

describe('refused before anything is touched', () => {
  test.each([
    ['--save-domain 3 0 2 1 136 1', 'Remus'],
    ['--save-domain 3 0 2 1 136 2', 'COLO'],
    ['--restore-domain 3 -1 4 1 0 2 0 768 1', 'Remus'],
    ['--restore-domain 3 -1 4 1 0 2 0 768 9', 'type 9'],
  ])('a checkpointed stream: %s', async (line, name) => {
    const libxl = start(line);
    expect(await libxl.ended).toMatchObject(QUIETLY);
    const words = `checkpointed streams (${name}) are not mig's business: use the stock helper`;
    const results = line.startsWith('--restore') ? [nothingRestored] : [];
    expect(libxl.messages).toEqual([error(EOPNOTSUPP, words), ...results, failed(EOPNOTSUPP)]);
  });

  test.each([SAVE, RESTORE])('a bad setting: %s', async (line) => {
    const libxl = start(line, { environment: { MIG_PRECOPY_ITERATIONS: 'many' } });
    expect(await libxl.ended).toMatchObject(QUIETLY);
    const words = expect.stringMatching(
      /^MIG_PRECOPY_ITERATIONS must be .*, not 'many' \(environment\)$/,
    ) as unknown;
    expect(libxl.messages[0]).toEqual(error(EINVAL, words));
    expect(libxl.messages.at(-1)).toEqual(failed(EINVAL));
  });

  test('one too long for a message', async () => {
    const libxl = start(SAVE, { environment: { MIG_PRECOPY_ITERATIONS: 'x'.repeat(100_000) } });
    expect(await libxl.ended).toMatchObject(QUIETLY);
    expect(libxl.messages.map(({ name }) => name)).toEqual(['log', 'complete']);
  });

  test.each([
    ['', 'nothing is neither --save-domain nor --restore-domain'],
    ['--help', '--help is neither --save-domain nor --restore-domain'],
    ['--save-domain 1 2', '--save-domain takes 6 arguments, not 2'],
    ['--restore-domain 3 -1 4 1 0 2 0 768 0 0', '--restore-domain takes 9 arguments, not 10'],
    ['--save-domain 3 0 two 1 136 0', '"two" is not a decimal number'],
  ])('the command line %j, without a word to libxl', async (line, words) => {
    const libxl = start(line);
    expect(await libxl.ended).toMatchObject({ status: 255, stderr: `xl-save-helper: ${words}\n` });
    expect(libxl.octets).toHaveLength(0);
  });
});
