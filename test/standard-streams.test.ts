/** Tests of `-`: standard output for writing, standard input for reading. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectMoved, expectRunsOn } from './harness/expectations.js';
import { flaws } from './harness/guest-console.js';
import { type Ended, Program } from './harness/program.js';
import { quoted } from './harness/relay.js';
import { test } from './harness/two-hosts.js';

/** Runs bash, which reports how each part of a pipeline has ended. */
function shell(command: string): Promise<Ended> {
  return new Program('bash', ['-c', command], { environment: {} }).ended;
}

describe.concurrent('an image', () => {
  test('goes out to a file and comes back in from one', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const image = quoted(hosts.path('busy.image'));
    const saved = await shell(`${source.command('save', 'busy', '-')} > ${image}`);
    expect(saved).toEqual({ status: 0, stdout: '', stderr: 'Saving to standard output\n' });
    expect(await source.domains()).toEqual([]);
    expect(await source.done('stream', 'verify', hosts.path('busy.image'))).toContain('as specified');
    const restored = await shell(`${source.command('restore', '-')} < ${image}`);
    expect(restored).toEqual({ status: 0, stdout: '', stderr: 'Loading new save file standard input\n' });
    const after = source.console('busy');
    await expectRunsOn(source, after);
    expect(flaws(before, after)).toEqual([]);
    expect(readdirSync(hosts.folder).filter((name) => name.includes('part') || name === '-')).toEqual([]);
  });

  test('goes from one host to another through a pipe', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    const line = `${source.command('save', 'busy', '-')} | ${target.command('restore', '-')}`;
    expect(await shell(`${line}; exit $((\${PIPESTATUS[0]} + $?))`)).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
  });

  test('is read, copied and looked at from standard input', async ({ hosts }) => {
    const { source } = hosts;
    await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const image = quoted(hosts.path('busy.image'));
    await source.done('save', '-c', 'busy', hosts.path('busy.image'));
    const copy = `${source.command('stream', 'copy', '-', '-')} < ${image} | cmp - ${image}`;
    expect(await shell(copy)).toMatchObject({ status: 0, stderr: '' });
    const looked = `cat ${image} | ${source.command('stream', 'verify', '-')}`;
    expect(await shell(looked)).toMatchObject({ status: 0, stdout: containing('as specified') });
    const inspected = `${source.command('stream', 'inspect', '-')} < ${image}`;
    expect(await shell(inspected)).toMatchObject({ status: 0, stdout: containing('EMULATOR_CONTEXT') });
    // Read from the current position, not from the beginning of the file.
    const rest = `{ head -c 5 >&2; ${source.command('restore', '-')}; } < ${image}`;
    expect(await shell(rest)).toMatchObject({ status: 1, stderr: containing('not a domain saved by xl') });
  });

  test('is appended to what a file has', async ({ hosts }) => {
    const { source } = hosts;
    await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const file = quoted(hosts.path('two'));
    const line = `printf 12345 > ${file}; ${source.command('save', '-c', 'busy', '-')} >> ${file}`;
    expect(await shell(line)).toMatchObject({ status: 0 });
    expect(readFileSync(hosts.path('two')).subarray(0, 20).toString()).toBe('12345Xen saved domai');
    const rest = `{ head -c 5 > /dev/null; ${source.command('stream', 'verify', '-')}; } < ${file}`;
    expect(statSync(hosts.path('two')).size).toBeGreaterThan(2 ** 20);
    expect(await shell(rest)).toMatchObject({ status: 0, stdout: containing('as specified') });
  });

  test('of which nobody reads the rest leaves the domain running', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const line = `${source.command('save', 'busy', '-')} | head -c 100000 > /dev/null; exit \${PIPESTATUS[0]}`;
    const { status, stderr } = await shell(line);
    expect(status).toBe(1);
    expect(stderr).toContain('the other end closed the connection');
    expect(stderr).toContain('The domain has been resumed.');
    await expectRunsOn(source, console);
  });

  test('that has nowhere to go leaves the domain running', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const { status, stderr } = await shell(`${source.command('save', 'busy', '-')} >&-`);
    expect(status).toBe(1);
    expect(stderr).toContain('standard output is closed, or /dev/null: the image would be lost');
    await expectRunsOn(source, console);
  });
});

const terminals = spawnSync('script', ['--version']).status === 0;

describe.skipIf(!terminals).concurrent('a terminal (needs script)', () => {
  function onTerminal(command: string): Promise<Ended> {
    return new Program('script', ['-qec', command, '/dev/null'], { environment: {} }).ended;
  }

  test('is shown no image, and none is read from it', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', '-c', 'busy', image);
    const refused = 'standard output is a terminal: redirect it to a file or a pipe';
    for (const command of [
      source.command('save', 'busy', '-'),
      source.command('stream', 'copy', image, '-'),
      source.command('save', 'busy', '/dev/tty'),
      source.command('stream', 'copy', image, '/dev/tty'),
    ]) {
      const { status, stdout } = await onTerminal(command);
      const asked = command.includes('/dev/tty') ? '/dev/tty is a terminal: give a file or a pipe' : refused;
      expect(stdout).toContain(`xl: ${asked}`);
      expect(status).toBe(1);
    }
    const restored = await onTerminal(target.command('restore', '-'));
    expect(restored.stdout).toContain('standard input is a terminal: redirect it from a file or a pipe');
    expect(restored.status).toBe(1);
    await expectRunsOn(source, console);
    expect(await target.domains()).toEqual([]);
  });
});

describe.concurrent('what cannot be a stream', () => {
  test('a trace has a file', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const command = `touch ${hosts.path('target-was-run')}`;
    const { status, stderr } = await hosts.migrate({ options: ['--trace', '-'], command }).ended;
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'xl: --trace -: a trace goes to a file, not to standard output; ./- is one of that name\n',
    });
    expect(readdirSync(hosts.folder)).not.toContain('target-was-run');
    await expectRunsOn(source, console);
  });
});
