/**
 * Tests of where mig looks for programs and for its host: not in the working folder, unless it was told so.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectMoved, expectRunsOn } from './harness/expectations.js';
import { type Ended, Program } from './harness/program.js';
import { quoted } from './harness/relay.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

/** Runs shell commands in a folder of its own, `work`. */
function inFolder(hosts: TwoHosts, command: string, environment = {}): Promise<Ended> {
  mkdirSync(hosts.path('work'), { recursive: true });
  return new Program('sh', ['-c', `cd ${quoted(hosts.path('work'))} && ${command}`], { environment }).ended;
}

describe.concurrent('a program that lies in the working folder', () => {
  const planted = ['sh', 'ssh', 'xl', 'node'];

  /** Installs programs that record being run, in a folder that comes first on PATH by relative paths. */
  function plant(hosts: TwoHosts): { path: string; wasRun: () => boolean } {
    mkdirSync(hosts.path('work'));
    const mark = hosts.path('planted');
    for (const name of planted) {
      writeFileSync(hosts.path(`work/${name}`), `#!/bin/sh\n: > ${quoted(mark)}\n`, { mode: 0o755 });
    }
    return { path: `.::./:../work:${process.env['PATH']}`, wasRun: () => existsSync(mark) };
  }

  test('is not run to reach the target, nor by what reaches it', async ({ hosts }) => {
    const before = await hosts.source.create();
    const { path, wasRun } = plant(hosts);
    // The program that mig finds as ssh: it reaches the target as ssh would.
    mkdirSync(hosts.path('bin'));
    const ssh = hosts.path('bin/ssh');
    writeFileSync(ssh, `#!/bin/sh\nshift 2\n${hosts.target.command()} "$@"\n`, { mode: 0o755 });
    const PATH = `.:./:../work:${hosts.path('bin')}:${process.env['PATH']}`;
    const moved = await inFolder(hosts, hosts.source.command('migrate', 'busy', 'far'), { PATH });
    expect(moved).toMatchObject({ status: 0 });
    expect(wasRun()).toBe(false);
    await expectMoved(hosts, before);

    // The operator's own command is found by the system's shell.
    const back = hosts.target.command('migrate', '-s', '', 'busy', hosts.source.receiver());
    expect(await inFolder(hosts, back, { PATH: path })).toMatchObject({ status: 0 });
    expect(wasRun()).toBe(false);
    await expectRunsOn(hosts.source, hosts.source.console('busy'));
  });

  test('is not run to measure the link', async ({ hosts }) => {
    await hosts.source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const { path, wasRun } = plant(hosts);
    mkdirSync(hosts.path('bin'));
    const ssh = hosts.path('bin/ssh');
    writeFileSync(ssh, '#!/bin/sh\nshift\nexec sh -c "$*"\n');
    chmodSync(ssh, 0o755);
    const PATH = path.replace(/^.*?(?=\/)/, `.::./:../work:${hosts.path('bin')}:`);
    const estimate = hosts.source.command('migrate', '--estimate', '--period', '0.2', 'busy', 'far');
    expect(await inFolder(hosts, estimate, { PATH })).toMatchObject({
      status: 0,
      stdout: containing('busy to far, at '),
    });
    expect(wasRun()).toBe(false);
  });
});

describe.concurrent('a state directory that is no absolute path', () => {
  const cases = [
    { what: 'XDG_STATE_HOME', set: { XDG_STATE_HOME: 'state' }, at: 'home/.local/state/mig/host' },
    { what: 'XDG_STATE_HOME, a dot', set: { XDG_STATE_HOME: './state' }, at: 'home/.local/state/mig/host' },
    { what: 'XDG_STATE_HOME, empty', set: { XDG_STATE_HOME: '' }, at: 'home/.local/state/mig/host' },
  ];
  test.for(cases)('is ignored: $what', async ({ set, at }, { hosts }) => {
    const HOME = hosts.path('home');
    mkdirSync(HOME);
    const config = await hosts.source.configure({ kernel: 'idle', memory: 1, cmdline: '' });
    const run = (...args: string[]) => inFolder(hosts, hosts.source.bareCommand(...args), { HOME, ...set });
    expect(await run('create', '-q', config)).toMatchObject({ status: 0 });
    try {
      // From another folder it is the same host.
      const list = `cd / && ${hosts.source.bareCommand('domid', 'busy')}`;
      expect(await inFolder(hosts, list, { HOME, ...set })).toMatchObject({ status: 0, stdout: '1\n' });
      expect(readdirSync(hosts.path(at))).toContain('mig-host');
      expect(readdirSync(hosts.path('work'))).toEqual([]);
    } finally {
      await run('destroy', 'busy');
    }
  });
});

describe.concurrent('in a working folder that is gone', () => {
  /** Runs a shell command in a folder that was removed meanwhile. */
  function inMissing(hosts: TwoHosts, command: string, environment = {}): Promise<Ended> {
    const folder = hosts.path('gone');
    const enter = `mkdir -p ${quoted(folder)} && cd ${quoted(folder)} && rmdir ${quoted(folder)}`;
    return new Program('/bin/sh', ['-c', `${enter} && ${command}`], { environment }).ended;
  }
  const small = { kernel: 'idle', memory: 1, cmdline: '' };

  test('a domain is created, measured, moved, saved and restored by absolute paths', async ({ hosts }) => {
    const { source, target } = hosts;
    const config = await source.configure(small);
    const policy = hosts.path('policy.mjs');
    writeFileSync(
      policy,
      "export default () => ({ decision: 'stop-and-copy', reason: { code: 'own', sentence: 'now' } });\n",
    );
    const [trace, report, image] = [hosts.path('a.trace'), hosts.path('a.html'), hosts.path('a.image')];
    const told = ['--trace', trace, '--report', report, '--policy', policy];
    const commands = [
      source.command('create', '-q', config),
      source.command('dirty-rate', '--period', '0.2', 'busy'),
      source.command('migrate', ...told, '-s', '', 'busy', `cd /; ${target.receiver()}`),
      target.command('trace', 'report', trace, `${report}.svg`),
      target.command('save', '-c', 'busy', image, config),
      target.command('stream', 'copy', image, `${image}.copy`),
      target.command('destroy', 'busy'),
      source.command('restore', `${image}.copy`),
      source.command('list'),
    ];
    for (const command of commands) {
      const { status, stderr } = await inMissing(hosts, command);
      expect(`${command}: ${status} ${stderr}`).toMatch(/: 0 /);
    }
    expect(await source.domains()).toMatchObject([{ name: 'busy', state: 'running' }]);
  });

  test('a relative path is refused by that name, and nothing is made elsewhere', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const rootBefore = readdirSync('/');
    const image = hosts.path('busy.image');
    await source.done('save', '-c', 'busy', image);
    const migrate = (...options: string[]) => source.command('migrate', ...options, '-s', '', 'busy', 'true');
    const commands = [
      source.command('save', 'busy', 'a.image'),
      source.command('save', 'busy', image, 'a.cfg'),
      source.command('restore', 'a.image'),
      source.command('restore', 'a.cfg', image),
      source.command('create', '-q', 'a.cfg'),
      source.command('create', '-n', await source.configure({ kernel: './a.wasm', name: 'odd' })),
      source.command('stream', 'verify', 'a.image'),
      source.command('stream', 'copy', image, 'a.image'),
      source.command('trace', 'show', 'a.trace'),
      migrate('--trace', 'a.trace'),
      migrate('--report', 'a.html'),
      migrate('--policy', 'a.mjs'),
      migrate('-C', 'a.cfg'),
    ];
    for (const command of commands) {
      const { status, stderr } = await inMissing(hosts, command);
      expect(`${command}: ${stderr}`).toContain('the working folder is gone; an absolute path is needed');
      expect(status).not.toBe(0);
    }
    const host = await inMissing(hosts, source.bareCommand('list'), { MIG_HOST_DIR: 'host' });
    expect(host.stderr).toBe('xl: the working folder is gone; an absolute path is needed\n');
    expect(readdirSync('/')).toEqual(rootBefore);
    await expectRunsOn(source, console);
  });
});
