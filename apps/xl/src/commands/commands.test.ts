import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { afterAll, describe, expect, it } from 'vitest';
import { FakeHost, xl } from './fake-host.test-support.js';
import { sentTo } from '../host/sent-to.js';
import { faultsIn } from '../view/events-schema.test-support.js';

const folder = mkdtempSync(join(tmpdir(), 'xl-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, text: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const suspended = { paused: false, suspended: true, crashed: false };

describe('the command line', () => {
  it.each([
    ['no command', [], 1, /^Usage xl \[-vfNtT\]/, /^$/],
    ['only a global option', ['-v'], 1, /^Usage xl/, /^$/],
    ['--version', ['--version'], 0, /^mig \d+\.\d+\.\d+\n$/, /^$/],
    ['help', ['help'], 0, /\n list +List information/, /^$/],
    [
      'help on a command',
      ['help', 'pause'],
      0,
      /^Usage: xl \[-vtTf\] pause <Domain>\n\nPause execution/,
      /^$/,
    ],
    ['help on a subcommand', ['help', 'stream', 'copy'], 0, /^Usage: xl \[-vtT\] stream copy/, /^$/],
    ['help on nothing we know', ['help', 'nonsense'], 0, /^command "nonsense" not implemented\n/, /^$/],
    ['-h', ['list', '-h'], 0, /--long/, /^$/],
    ['--help', ['create', '--help'], 0, /^Usage: xl \[-vtTfN\] create/, /^$/],
    ['an unknown command', ['nonsense'], 1, /^$/, /^command not implemented/],
    ['an unknown global option', ['-x', 'list'], 1, /^$/, /^unknown global option/],
    [
      '-N where it means nothing',
      ['-N', 'pause', 'a'],
      1,
      /^$/,
      /^command does not implement -N \(dryrun\) option\n/,
    ],
    ['an unknown short option', ['pause', '-q', 'a'], 2, /^$/, /^option `q' not supported\./],
    ['an unknown long option', ['pause', '--quick', 'a'], 2, /^$/, /^option `--quick' not supported\./],
    ['a negative domid', ['pause', '-1'], 1, /^$/, /^-1 is an invalid domain identifier/],
    [
      'a missing argument',
      ['rename'],
      2,
      /^$/,
      /^'xl rename' requires at least 2 arguments\.\n\nUsage: xl .*\nSee 'xl help rename'\.\n$/,
    ],
    [
      'a surplus argument that stock ignores',
      ['pause', 'nobody', 'b'],
      1,
      /^$/,
      /^xl: warning: pause takes no 'b': it is ignored, as by stock\nnobody is an invalid/,
    ],
    [
      'one that fails in stock',
      ['save', 'a', 'b', 'c', 'd'],
      1,
      /^$/,
      /^'xl save' takes at most 3 arguments\./,
    ],
    ['one of a command of our own', ['dirty-rate', 'a', 'b'], 2, /^$/, /^'xl dirty-rate' takes at most 1/],
    ['help on a command, and more', ['help', 'create', 'x'], 0, /^Usage: xl \[-vtTfN\] create/, /^$/],
    [
      'an option without its value',
      ['create', '-f'],
      2,
      /^$/,
      /^xl: option '-f, --defconfig <FILE>' argument missing/,
    ],
    ['a beginning', ['pau', 'nobody'], 1, /^$/, /^nobody is an invalid/],
    ['no subcommand', ['stream'], 2, /^$/, /^'xl stream' requires a subcommand\.\n\nUsage: .*\nSee '/],
  ])('%s', async (_, argv, status, out, err) => {
    const outcome = await xl(new FakeHost(), ...argv);
    expect(outcome.out).toMatch(out);
    expect(outcome.err).toMatch(err);
    expect(outcome.status).toBe(status);
  });

  it.each([
    [['create', '-c', 'a'], /create -c is not supported: follow the console/],
    [['create', '-F', 'a'], /create -F is not supported/],
    [['create', '-V', 'a'], /create -V is not supported: .*no display/],
    [['create', '--vncviewer-autopass', 'a'], /create -A is not supported/],
    [['list', '-c'], /list -c is not supported: .*cpupools/],
    [['list', '--numa'], /list -n is not supported/],
    [['info', '-n'], /info -n is not supported/],
    [['console', '-e', 'x', 'a'], /console -e is not supported/],
    [['console', '-t', 'vuart', 'a'], /console -t must be pv/],
    [['console', '-n', '1', 'a'], /console -n must be a whole number from 0 to 0, not '1'/],
    [['console', '--lines', '-1', 'a'], /console --lines must be .* not '-1'/],
    [['console', '--lines', '1.5', 'a'], /console --lines must be .* not '1\.5'/],
    [['console', '--lines', '', 'a'], /console --lines must be .* not ''/],
    [['console', '--lines', '99999999999999999999', 'a'], /console --lines must be .* not '9+'/],
    [['list', '--long', '--json'], /one of --long and --json/],
    [['rename', 'a', ''], /the new name must not be empty/],
    [['rename', 'a', 'b/c'], /the new name must not hold/],
  ])('%j is refused by name', async (argv, err) => {
    const outcome = await xl(new FakeHost({ name: 'a' }), ...argv);
    expect(outcome).toMatchObject({ status: 2, out: '' });
    expect(outcome.err).toMatch(err);
  });

  it('takes an unambiguous beginning, and options before it', async () => {
    const host = new FakeHost({ name: 'a' });
    expect(await xl(host, '-vt', 'unp', 'a')).toMatchObject({ status: 0 });
    expect(host.calls).toEqual(['unpause 1']);
    const ambiguous = await xl(host, 're', 'a');
    expect(ambiguous.err).toMatch(/^command not implemented/);
    expect(ambiguous.status).toBe(1);
  });

  it('puts timestamps before its lines on request', async () => {
    const { err } = await xl(new FakeHost(), '-T', 'pause', 'a');
    expect(err).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \[\d+\] a is an invalid domain identifier \(rc=-6\)\n$/,
    );
  });

  it('opens no host where none is needed', async () => {
    expect(await xl(undefined, 'help')).toMatchObject({ status: 0 });
  });
});

describe('a domain that is not there', () => {
  it.each([
    [['pause', 'b'], 'b is an invalid domain identifier (rc=-6)\n'],
    [['list', 'b'], 'b is an invalid domain identifier (rc=-6)\n'],
    [['destroy', ''], ' is an invalid domain identifier (rc=-6)\n'],
    [['list', '4'], "Error: Domain '4' does not exist.\n"],
    [['destroy', '99999999999999999999'], "Error: Domain '99999999999999999999' does not exist.\n"],
    [['domid', 'b'], "Can't get domid of domain name 'b', maybe this domain does not exist.\n"],
    [['domid', '1'], "Can't get domid of domain name '1', maybe this domain does not exist.\n"],
    [['domname', '4'], "Can't get domain name of domain id '4', maybe this domain does not exist.\n"],
    [['domname', 'a'], 'Invalid domain id.\n\n'],
    [['domname', '1.5'], 'Invalid domain id.\n\n'],
  ])('%j', async (argv, err) => {
    expect(await xl(new FakeHost({ name: 'a' }), ...argv)).toEqual({ status: 1, out: '', err });
  });
});

describe('list', () => {
  const host = new FakeHost({ name: 'a' }, { name: 'b', state: suspended, logDirty: true });

  it('shows all domains or some', async () => {
    expect((await xl(host, 'list')).out.split('\n')).toHaveLength(4);
    expect((await xl(host, 'list', 'b', '1')).out).toMatch(/^Name[^\n]*\nb .*---ss-.*\na .*r-----.*\n$/);
  });

  it('has the table as JSON', async () => {
    const { out } = await xl(host, 'list', '--json', 'b');
    expect(faultsIn('list')(JSON.parse(out))).toEqual([]);
    expect(JSON.parse(out)).toEqual([
      {
        domid: 2,
        name: 'b',
        uuid: '00000000-0000-0000-0000-000000000002',
        memory: 16,
        vcpus: 1,
        state: 'suspended',
        cpuSeconds: 1.5,
        logDirty: true,
        standing: 'abandoned',
        epoch: 7,
      },
    ]);
  });

  it('has the configurations as JSON, as stock has them', async () => {
    expect(JSON.parse((await xl(host, 'list', '-l')).out)).toEqual([
      { domid: 1, config: { c_info: { name: 'a' } } },
      { domid: 2, config: { c_info: { name: 'b' } } },
    ]);
  });

  it('says in either JSON where a domain was sent', async () => {
    const sent = new FakeHost({
      name: 'a--migratedaway',
      state: suspended,
      standing: 'away',
      sentTo: 'far.example',
    });
    for (const option of ['-l', '--json']) {
      expect(JSON.parse((await xl(sent, 'list', option)).out)).toMatchObject([{ sentTo: 'far.example' }]);
    }
  });

  it('has no domains', async () => {
    expect(JSON.parse((await xl(new FakeHost(), 'list', '--json')).out)).toEqual([]);
    expect((await xl(new FakeHost(), 'list')).out.split('\n')).toHaveLength(2);
  });
});

describe('migrate', () => {
  it('refuses a blank command in place of ssh', async () => {
    expect(await xl(new FakeHost({ name: 'a' }), 'migrate', '-s', ' ', 'a', 'host2')).toMatchObject({
      status: 2,
      err: "xl: -s is blank: it takes a command, or '' where HOST itself is one\n",
    });
  });
});

describe('names and states', () => {
  it('convert and change', async () => {
    const host = new FakeHost({ name: 'a' });
    expect((await xl(host, 'domid', 'a')).out).toBe('1\n');
    expect((await xl(host, 'domname', '1')).out).toBe('a\n');
    for (const argv of [
      ['rename', 'a', 'c'],
      ['pause', 'a'],
      ['unpause', '1'],
      ['destroy', 'a'],
    ]) {
      expect(await xl(host, ...argv)).toEqual({ status: 0, out: '', err: '' });
    }
    expect(host.calls).toEqual(['rename 1 c', 'pause 1', 'unpause 1', 'destroy 1']);
  });

  it('destroys domain 0 only when forced', async () => {
    const host = new FakeHost({ name: 'Domain-0', domid: 0 });
    expect(await xl(host, 'destroy', '0')).toMatchObject({ status: 1 });
    expect(host.calls).toEqual([]);
    expect(await xl(host, 'destroy', '-f', '0')).toMatchObject({ status: 0 });
  });
});

describe('info', () => {
  it('says what the host is, and one field of it', async () => {
    const host = new FakeHost();
    const { out } = await xl(host, 'info');
    expect(out).toMatch(/^hypervisor {13}: fake$/m);
    expect(out).toMatch(/^log_dirty {14}: yes$/m);
    expect(out).toMatch(/^host_folder {12}: \/fake$/m);
    host.whyNoLogDirty = 'the kernel is older than 6.7';
    expect((await xl(host, 'info', 'log_d')).out).toBe('no: the kernel is older than 6.7\n');
    const info = JSON.parse((await xl(host, 'info', '--json')).out) as object;
    expect(faultsIn('info')(info)).toEqual([]);
    expect(info).toMatchObject({
      hypervisor: 'fake',
      host_folder: '/fake',
    });
  });
});

describe('resume', () => {
  const UUID = '00000000-0000-0000-0000-000000000001';
  const away = { name: 'a--migratedaway', state: suspended, standing: 'away' as const };

  it('revives a suspended domain', async () => {
    const host = new FakeHost({ name: 'a', state: suspended });
    expect(await xl(host, 'resume', 'a')).toMatchObject({ status: 0 });
    expect(host.calls).toEqual(['resume 1']);
  });

  it('refuses one that is not suspended', async () => {
    const host = new FakeHost({ name: 'a' });
    expect(await xl(host, 'resume', 'a')).toMatchObject({
      status: 1,
      err: expect.stringContaining('not-suspended') as string,
    });
    expect(host.calls).toEqual([]);
  });

  it.each([
    [
      'the host',
      'far.example',
      'was sent to far.example, which may be running it: look there first (ssh far.example xl list -v)',
    ],
    [
      'the command',
      sentTo('', 'ssh far xl-receive'),
      "was sent through the command 'ssh far xl-receive', and what that reaches may be running it: look there first (xl list -v)",
    ],
    [
      'that it does not know',
      undefined,
      'was on its way to another host, which may be running it: look there first (xl list -v)',
    ],
  ])('refuses one that may run elsewhere, and names %s', async (_, where, words) => {
    const host = new FakeHost(where === undefined ? away : { ...away, sentTo: where });
    const outcome = await xl(host, 'resume', 'a--migratedaway');
    expect(outcome.status).toBe(1);
    expect(outcome.err).toBe(
      `xl: domain a--migratedaway ${words}; only where no domain with the UUID ${UUID}, running or arriving, is there, mig resume --force a--migratedaway\n`,
    );
    expect(host.calls).toEqual([]);
  });

  it('refuses it by whatever name it goes', async () => {
    const host = new FakeHost({ ...away, name: 'other', sentTo: 'far' });
    const { status, err } = await xl(host, 'resume', 'other');
    expect(status).toBe(1);
    expect(err).toMatch(
      /domain other was sent to far, .* only where no domain with the UUID .*, mig resume --force other/,
    );
  });

  it('resumes it when forced', async () => {
    const host = new FakeHost(away);
    expect(await xl(host, 'resume', '--force', 'a--migratedaway')).toMatchObject({ status: 0 });
    expect(host.calls).toEqual(['resume 1, forced']);
  });

  it.each(['held', 'stale', 'arriving'] as const)('says why it is refused: %s', async (code) => {
    const host = new FakeHost(away);
    host.resumeError = new HostError(code, 'a reason', { domid: 1 });
    const outcome = await xl(host, 'resume', '--force', '1');
    expect(outcome).toMatchObject({ status: 1, err: expect.stringContaining('a reason') as string });
  });

  it.each([
    ['uuid-taken', "'xl destroy' the one that is not wanted"],
    ['name-taken', "'xl rename' one of the two"],
  ] as const)('says what to do where another is here: %s', async (code, words) => {
    const host = new FakeHost(away);
    host.resumeError = new HostError(code, 'domain b is here', { domid: 2 });
    const { status, err } = await xl(host, 'resume', '--force', '1');
    expect(status).toBe(1);
    expect(err).toBe(`xl: domain b is here; ${words}\n`);
  });
});

describe('create', () => {
  const file = fileWith('g.cfg', 'name = "g"\ntype = "wasm"\nkernel = "/g.wasm"\nmemory = 8\n');

  it('creates what the file and the command line say', async () => {
    const host = new FakeHost();
    const outcome = await xl(host, 'create', file, 'name="h"', '-p', 'vif=[]');
    expect(outcome).toMatchObject({ status: 0, out: '' });
    expect(outcome.err).toBe(
      `Parsing config from ${file}\nxl: warning: command line:2:1: vif is ignored: wasm domains have no such setting\n`,
    );
    expect(host.calls).toHaveLength(1);
    expect(host.calls[0]).toMatch(/^create paused \{"c_info":\{"type":"wasm","name":"h",/);
  });

  it.each([
    ['-f', ['-f', file]],
    ['--defconfig=', [`--defconfig=${file}`]],
    ['options that change nothing', ['-e', '-i', file]],
  ])('takes %s', async (_, argv) => {
    const host = new FakeHost();
    expect(await xl(host, 'create', '-q', ...argv)).toEqual({ status: 0, out: '', err: '' });
    expect(host.calls[0]).toMatch(/"name":"g"/);
  });

  it.each([
    ['create', '-n', file],
    ['-N', 'create', file],
  ])('only prints with %s', async (...argv) => {
    const host = new FakeHost();
    const { out, status } = await xl(host, ...argv);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ c_info: { name: 'g' }, b_info: { max_memkb: 8192 } });
    expect(host.calls).toEqual([]);
  });

  it.each([
    [
      ['nowhere.cfg'],
      1,
      /^Failed to read config file: nowhere\.cfg: No such file or directory|^xl: Failed to read/,
    ],
    [[folder], 1, /Is a directory/],
    [[fileWith('binary', Uint8Array.of(0xff, 0xfe))], 1, /not text in UTF-8/],
    [
      [fileWith('long.cfg', `#${' '.repeat(2 ** 18)}`)],
      1,
      /long\.cfg has more than 262144 bytes, so it is no/,
    ],
    [['/dev/zero'], 1, /^xl: \/dev\/zero has more than 262144 bytes, so it is no domain configuration\n$/],
    [
      [fileWith('long-line.cfg', `name="a"\ntype="wasm"\nkernel="idle"\ncmdline="${'x'.repeat(200_000)}"\n`)],
      1,
      /long-line\.cfg:4:9: cmdline makes a command line of more than 4088 bytes\n$/,
    ],
    [['name="x"'], 1, /Config file not specified/],
    [[file, 'b.cfg'], 2, /'xl create' takes one configuration, not also 'b\.cfg'/],
    [[file, 'memory=-1'], 1, /xl: command line:1:8: expected a number of at least 0/],
    [
      [fileWith('bad.cfg', 'name = "x"\nmemory = [\n')],
      1,
      /^Parsing config from .*\nxl: .*bad\.cfg:3:1: expected/,
    ],
  ])('%j fails', async (argv, status, err) => {
    const host = new FakeHost();
    const outcome = await xl(host, 'create', ...argv);
    expect(outcome.status).toBe(status);
    expect(outcome.err).toMatch(err);
    expect(host.calls).toEqual([]);
  });
});

describe('console', () => {
  it('prints all of it, or the last lines', async () => {
    const host = new FakeHost({ name: 'a' });
    host.consoles.set(1, fileWith('console', 'one\ntwo\nthree\n'));
    expect((await xl(host, 'console', 'a')).out).toBe('one\ntwo\nthree\n');
    expect((await xl(host, 'console', '--lines', '2', 'a')).out).toBe('two\nthree\n');
    expect((await xl(host, 'console', '--lines=0', 'a')).out).toBe('');
    expect((await xl(host, 'console', '--lines=9', '-t', 'pv', '-n', '0', 'a')).out).toBe(
      'one\ntwo\nthree\n',
    );
  });

  it('follows until the domain is gone, and has its last words', async () => {
    const host = new FakeHost({ name: 'a' });
    const path = fileWith('followed', 'first\n');
    host.consoles.set(1, path);
    let asked = 0;
    const original = host.describe.bind(host);
    host.describe = (domid) => {
      asked += 1;
      if (asked === 2) appendFileSync(path, 'second\n');
      if (asked === 3) {
        appendFileSync(path, 'last\n');
        host.domains = [];
      }
      return original(domid);
    };
    expect(await xl(host, 'console', '-f', 'a')).toEqual({
      status: 0,
      out: 'first\nsecond\nlast\n',
      err: '',
    });
  });
});
