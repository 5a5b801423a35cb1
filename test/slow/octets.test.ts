/**
 * Tests of file names that are not UTF-8: Node shows names as text, and no other file may be taken for the
 * one that was meant.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRunsOn, matching } from '../harness/expectations.js';
import type { GuestConsole } from '../harness/guest-console.js';
import { type Ended, Program } from '../harness/program.js';
import { quoted } from '../harness/relay.js';
import { TwoHosts } from '../harness/two-hosts.js';

// One guest for all tests: none of them may affect it.
let hosts: TwoHosts;
let console: GuestConsole;
let image: string;
let before: string[];

beforeAll(async () => {
  hosts = await TwoHosts.open();
  console = await hosts.source.create();
  image = hosts.path('busy.image');
  await hosts.source.done('save', '-c', 'busy', image);
  mkdirSync(hosts.path('work'));
  before = names();
});

afterAll(() => hosts.close());

/** All names in the folder of the two hosts, one character for each octet. */
function names(): string[] {
  const { stdout } = spawnSync('find', ['.', '-mindepth', '1', '-printf', '%P\n'], {
    cwd: hosts.folder,
    encoding: 'latin1',
  });
  return stdout.trim().split('\n').sort();
}

/** @param rest further words for the shell; `<NAME>` is a path in Latin-1, in which \374 is not UTF-8 */
function xl(args: readonly string[], rest = '', environment = {}): Promise<Ended> {
  const words = rest.replaceAll(
    /<(.*?)>/g,
    (_, name: string) => `"$(printf '${hosts.path('work')}/${name}')"`,
  );
  const command = `cd ${quoted(hosts.path('work'))}; ${hosts.source.command(...args)} ${words}`;
  return new Program('sh', ['-c', command], { environment }).ended;
}

describe('an argument that is not UTF-8', () => {
  const migrate = ['migrate', '-s', ''];
  const commands: readonly { readonly args: readonly string[]; readonly rest: string }[] = [
    { args: ['save', 'busy'], rest: '<image-\\374>' },
    { args: ['save', '-c', 'busy'], rest: 'good.image <a\\374.cfg>' },
    { args: ['save'], rest: '<\\374> good.image' },
    { args: ['restore'], rest: '<image-\\374>' },
    { args: ['restore'], rest: '<a\\374.cfg> good.image' },
    { args: ['create', '-q'], rest: '<a\\374.cfg>' },
    { args: ['create', '-q'], rest: '-f <a\\374.cfg>' },
    { args: ['create', '-q', 'a.cfg'], rest: `"$(printf 'kernel="\\374.wasm"')"` },
    { args: migrate, rest: '-C <a\\374.cfg> busy true' },
    { args: migrate, rest: '--trace <\\374.trace> busy true' },
    { args: migrate, rest: '--report <\\374.html> busy true' },
    { args: migrate, rest: '--policy=<\\374.mjs> busy true' },
    { args: migrate, rest: 'busy <\\374>' },
    { args: ['stream', 'verify'], rest: '<\\374>' },
    { args: ['stream', 'inspect'], rest: '<\\374>' },
    { args: ['stream', 'copy', 'good.image'], rest: '<\\374>' },
    { args: ['trace', 'show'], rest: '<\\374>' },
    { args: ['trace', 'report', 'a.trace'], rest: '<\\374.html>' },
    { args: ['rename', 'busy'], rest: '<\\374>' },
    // A cut character, a surrogate, and a number beyond Unicode.
    { args: ['save', 'busy'], rest: '<image-\\303>' },
    { args: ['save', 'busy'], rest: '<\\355\\240\\200>' },
    { args: ['save', 'busy'], rest: '<\\367\\277\\277\\277>' },
  ];
  test.for(commands)('is refused before anything is touched: xl $args $rest', async ({ args, rest }) => {
    const { status, stderr } = await xl(args, rest);
    expect(stderr).toMatch(/^xl: the argument '.*(\\x[89a-f][0-9a-f])+.*' is not UTF-8/);
    expect(status).toBe(2);
    expect(names()).toEqual(before);
  });

  test('is refused by xl-receive too', async () => {
    const command = `${hosts.target.receiver()} --progress-timeout "$(printf '\\374')"`;
    const { status, stderr } = await new Program('sh', ['-c', command], { environment: {} }).ended;
    expect(stderr).toContain("xl: the argument '\\xfc' is not UTF-8");
    expect(status).toBe(2);
  });

  test('is told from the character that Node shows in its place, which a name may have', async () => {
    const named = '$(printf "\\357\\277\\275.image")';
    expect(await xl(['stream', 'copy', image], `"${named}"`)).toMatchObject({ status: 0 });
    expect(names().filter((name) => !before.includes(name))).toEqual(['work/\xef\xbf\xbd.image']);
    expect(await xl(['stream', 'verify'], `"${named}"`)).toMatchObject({ status: 0 });
    // A valid name beside an invalid one does not hide it.
    expect(await xl(['stream', 'copy'], `"${named}" <\\374>`)).toMatchObject({ status: 2 });
  });
});

describe('a variable that names a folder and is not UTF-8', () => {
  const cases = [
    { set: 'MIG_HOST_DIR=ODD', name: 'MIG_HOST_DIR' },
    { set: 'XDG_STATE_HOME=ODD; unset MIG_HOST_DIR', name: 'XDG_STATE_HOME' },
    { set: 'HOME=ODD; unset MIG_HOST_DIR XDG_STATE_HOME', name: 'HOME' },
  ];
  test.for(cases)('is refused: $set', async ({ set, name }) => {
    const folder = hosts.path('nowhere');
    const odd = `"$(printf '${folder}/\\374')"`;
    const command = `export MIG_HOST_DIR XDG_STATE_HOME HOME; ${set.replace('ODD', odd)}; exec ${hosts.source.bareCommand('list')}`;
    const { status, stderr } = await new Program('sh', ['-c', command], { environment: {} }).ended;
    expect(stderr).toBe(`xl: ${name} is not UTF-8: '${folder}/\\xfc'\n`);
    expect(status).toBe(1);
    expect(names()).not.toContain('nowhere');
  });

  test('is of no interest where another counts before it', async () => {
    const { status, stdout } = await xl(['domid', 'busy'], '', { HOME: '/\xff\xfe' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1\n' });
  });
});

describe('in a folder whose name is not UTF-8', () => {
  function within(command: string): Promise<Ended> {
    const folder = `"$(printf '${hosts.path('work')}/\\374')"`;
    return new Program('sh', ['-c', `mkdir -p ${folder}; cd ${folder}; ${command}`], { environment: {} })
      .ended;
  }

  test('a relative path is what it is', async () => {
    expect(await within(hosts.source.command('stream', 'copy', image, 'copied'))).toMatchObject({
      status: 0,
    });
    expect(names()).toContain('work/\xfc/copied');
  });

  test('one of a host or a policy is refused, and no other folder is made', async () => {
    const refused = /the name of the working folder is not UTF-8: '.*\\xfc'; an absolute path is needed/;
    const list = await within(`MIG_HOST_DIR=host ${hosts.source.bareCommand('list')}`);
    expect(list).toMatchObject({ status: 1, stderr: matching(refused) });
    const migrate = ['migrate', '--policy', 'a.mjs', '-s', '', 'busy', 'true'];
    const policy = await within(hosts.source.command(...migrate));
    expect(policy).toMatchObject({ status: 2, stderr: matching(refused) });
    expect(names().filter((name) => name.includes('\xef\xbf\xbd/'))).toEqual([]);
  });
});

test('after all this the domain runs as before', async () => {
  await expectRunsOn(hosts.source, console);
});
