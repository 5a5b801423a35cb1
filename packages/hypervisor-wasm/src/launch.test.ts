/** Tests of an incoming domain's process that has no domain yet. */
import { closePipe, Input, pipe } from '@mig/posix';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { configurationOf, failure, openHost, UNTIL } from './hosts.test-support.js';

let mark: string;
beforeEach(() => {
  process.env['MIG_TEST_MARK'] = mark = randomUUID();
});
afterEach(() => {
  delete process.env['MIG_TEST_MARK'];
});

/** Processes that this test started. */
function started(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && textOf(pid, 'environ').includes(mark));
}

/** Reads a file of /proc; empty for a process that is gone or another user's. */
function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Waits for the started process to have its own session. */
async function waiting(): Promise<number> {
  return await vi.waitFor(() => {
    const [pid] = started();
    // The session is the fourth field after the command.
    const [, , , session] = textOf(pid!, 'stat')
      .replace(/^.*\) /s, '')
      .split(' ');
    expect(session).toBe(String(pid));
    return pid!;
  }, UNTIL);
}

const gone = () => vi.waitFor(() => expect(started()).toEqual([]), UNTIL);

it('ends when it is released, without a domain', async () => {
  const { host } = openHost();
  const before = readdirSync('/proc/self/fd').length;
  const expected = host.expectDomain();
  await waiting();
  expect(host.list()).toEqual([]);
  expected.release();
  await gone();
  expected.release();
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

it('ends with its toolstack, without a domain', async () => {
  const script = `
    import { EmbeddedHost } from '@mig/hypervisor-wasm';
    EmbeddedHost.open(process.argv[1]).expectDomain();
    process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();`;
  const toolstack = spawn(process.execPath, ['--input-type=module', '-e', script, openHost().folder], {
    cwd: new URL('..', import.meta.url),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const ended = once(toolstack, 'close');
  await vi.waitFor(() => expect(started()).toHaveLength(2), UNTIL);
  toolstack.stdin.end();
  expect(await ended).toEqual([null, 'SIGKILL']);
  await gone();
});

it('is missed where it was ended before the domain came, of which nothing stays', async () => {
  const { host } = openHost();
  const expected = host.expectDomain();
  process.kill(await waiting(), 'SIGKILL');
  await gone();
  const stream = pipe();
  const input = new Input(stream.readEnd, { subject: 'a stream' });
  const arriving = { configuration: configurationOf('one', 'idle'), name: 'one--incoming', fromHost: true };
  expect(failure(() => expected.restoreFrom(input, arriving))).toMatchObject({
    code: 'domain-died',
    message: 'the process of the domain died at its start',
  });
  expect(host.list()).toEqual([]);
  closePipe(stream);
});

it('leaves alone the domain of a host that gets the name of its own meanwhile', async () => {
  const [own, other] = [openHost(), openHost()];
  const domid = other.host.create(configurationOf('other', 'idle'), { paused: true });
  const expected = own.host.expectDomain();
  const pid = await vi.waitFor(() => {
    const found = started().find((each) => textOf(each, 'cmdline').includes('incoming'));
    expect(textOf(found!, 'stat').split(' ')[5]).toBe(String(found));
    return found!;
  }, UNTIL);
  process.kill(pid, 'SIGSTOP');
  const script = `until [ -e "$1/domains/$3/configuration.json" ]; do :; done
    mv "$1" "$1.away" && mv "$2" "$1" && kill -CONT "$4"`;
  const words = ['-c', script, 'sh', own.folder, other.folder, String(domid), String(pid)];
  const renaming = once(spawn('/bin/sh', words, { stdio: ['ignore', 'ignore', 'inherit'] }), 'close');
  const stream = pipe();
  const input = new Input(stream.readEnd, { subject: 'a stream' });
  const arriving = { configuration: configurationOf('one', 'idle'), name: 'one--incoming', fromHost: true };
  try {
    // The error names the host's folder or the domain's, whichever was renamed first.
    expect(failure(() => expected.restoreFrom(input, arriving)).message).toMatch(
      /^\/.* is another folder since (the domain|domain 1) was begun$/,
    );
  } finally {
    expect(await renaming).toEqual([0, null]);
    renameSync(own.folder, other.folder);
    renameSync(`${own.folder}.away`, own.folder);
    closePipe(stream);
  }
  expect(own.host.list()).toEqual([]);
  expect(other.host.list()).toMatchObject([{ domid, name: 'other', state: { crashed: false } }]);
});
