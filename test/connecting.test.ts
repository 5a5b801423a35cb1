/** Tests of a connection that is not made: what is said of it, and that Ctrl-C leaves it at once. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { eventually } from './harness/eventually.js';
import { expectRunsOn } from './harness/expectations.js';
import { quoted } from './harness/relay.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

const terminals = spawnSync('script', ['--version']).status === 0;

/** Makes a program that stands for ssh. */
function ssh(hosts: TwoHosts, text: string): string {
  const path = hosts.path('ssh');
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

const commands = [
  { what: 'migrate', options: [] },
  { what: 'migrate --check', options: ['--check'] },
  { what: 'migrate --estimate', options: ['--estimate', '--period', '0.2'] },
] as const;

describe.concurrent('Ctrl-C while ssh hangs', () => {
  test.for(commands)('ends $what at once, and ssh with it', async ({ options }, { hosts }) => {
    const console = await hosts.source.create();
    const pid = hosts.path('pid');
    const hanging = ssh(hosts, `echo $$ > '${pid}.new'; mv '${pid}.new' '${pid}'; sleep 1000; exit 1`);
    const migration = hosts.source.start('migrate', ...options, '-s', hanging, 'busy', 'host2');
    await eventually('ssh runs', () => existsSync(pid) || undefined);
    migration.kill('SIGINT');
    const { status, stderr } = await migration.ended;
    expect(status).toBe(1);
    expect(stderr).toContain('stopped by Ctrl-C');
    // It was not waited for: a transport that was, and had to be ended, is noted.
    expect(stderr).not.toContain('transport process');
    expect(existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`)).toBe(false);
    await expectRunsOn(hosts.source, console);
  });
});

describe.concurrent('a target without xl', () => {
  const text = `echo 'bash: line 1: xl: command not found' >&2; exit 127`;
  const cause =
    /is xl \(or mig\) installed on host2, and on the PATH of '.*ssh host2'\? .*Try: .*ssh host2 command -v xl mig/;

  test('is said to migrate', async ({ hosts }) => {
    await hosts.source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const { status, stderr } = await hosts.source.xl('migrate', '-s', ssh(hosts, text), 'busy', 'host2');
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Migration failed: the target sent no banner: .*ssh exited with error status 127\.$/m,
    );
    expect(stderr).toMatch(new RegExp(`^Likely cause: ${cause.source}$`, 'm'));
    expect(stderr).toContain('busy was not touched');
  });

  test('is said to the measurement of the link', async ({ hosts }) => {
    await hosts.source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const args = ['--estimate', '--period', '0.2', '-s', ssh(hosts, text), 'busy', 'host2'];
    const { status, stderr } = await hosts.source.xl('migrate', ...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(cause);
  });
});

describe.skipIf(!terminals).concurrent('on a terminal (needs script)', () => {
  test.for(commands.slice(0, 2))(
    '$what says whom it connects to before ssh says a word',
    async ({ options }, { hosts }) => {
      await hosts.source.create({ kernel: 'idle', memory: 1, cmdline: '' });
      const args = [...options, '-s', ssh(hosts, 'echo no entry >&2; exit 255'), 'busy', 'host2'];
      const line = hosts.source.command('migrate', ...args.map(quoted));
      const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8' });
      expect(stdout).toMatch(/^Connecting to host2 \.\.\.\r?\n[^]*no entry/);
    },
  );
});
