import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { buildGuest } from './guest/guest-builder.test-support.js';
import {
  configurationOf,
  consoleLines,
  domainFolder,
  failure,
  moduleFile,
  openHost,
  pidOf,
  ticks,
  UNTIL,
} from './hosts.test-support.js';
import { identityOf } from './process-identity.js';

describe('a host', () => {
  it('creates a domain that runs, pauses it, and destroys it without a trace', async () => {
    const test = openHost();
    const { host } = test;
    const domid = host.create(configurationOf('one', 'idle'), { paused: false });
    expect(domid).toBe(1);
    expect(host.list()).toMatchObject([{ domid, name: 'one', memory: 1, vcpus: 1, logDirty: false }]);
    await vi.waitFor(() => expect(ticks(consoleLines(test, domid)).length).toBeGreaterThan(1), UNTIL);

    host.pause(domid);
    expect(host.describe(domid).state).toEqual({ paused: true, suspended: false, crashed: false });
    const said = ticks(consoleLines(test, domid)).length;
    // Late by more than a tick's interval, and yet no late tick is reported: the pause was acknowledged.
    await vi.waitFor(() =>
      expect(Date.now()).toBeGreaterThan(ticks(consoleLines(test, domid)).at(-1)!.time + 250),
    );
    expect(ticks(consoleLines(test, domid))).toHaveLength(said);
    host.unpause(domid);
    await vi.waitFor(() => expect(ticks(consoleLines(test, domid)).length).toBeGreaterThan(said + 1), UNTIL);
    const numbers = ticks(consoleLines(test, domid)).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));

    const pid = pidOf(test, domid);
    host.destroy(domid);
    expect(identityOf(pid)).toBeUndefined();
    expect(existsSync(domainFolder(test, domid))).toBe(false);
    expect(host.list()).toEqual([]);
    expect(failure(() => host.describe(domid)).code).toBe('no-such-domain');
  });

  it('finds a domain by domid where it is all digits, else by name', () => {
    const { host } = openHost();
    const one = host.create(configurationOf('2', 'idle'), { paused: true });
    const two = host.create(configurationOf('two', 'idle'), { paused: true });
    expect([one, two]).toEqual([1, 2]);
    expect(host.find('2')?.domid).toBe(two);
    expect(host.find('1')?.domid).toBe(one);
    expect(host.find('two')?.domid).toBe(two);
    expect(host.find('three')).toBeUndefined();
  });

  it('gives a name to one domain only', () => {
    const { host } = openHost();
    const one = host.create(configurationOf('one', 'idle'), { paused: true });
    const two = host.create(configurationOf('two', 'idle'), { paused: true });
    expect(failure(() => host.create(configurationOf('one', 'idle'), { paused: true })).code).toBe(
      'name-taken',
    );
    expect(failure(() => host.rename(two, 'one')).code).toBe('name-taken');
    expect(failure(() => host.rename(two, 'a/b')).code).toBe('bad-configuration');
    host.rename(one, 'three');
    host.rename(two, 'one');
    expect(host.list().map(({ name }) => name)).toEqual(['three', 'one']);
    expect(JSON.parse(host.configuration(two))).toMatchObject({ c_info: { name: 'one' } });
  });

  it('gives a certain domid where asked to, and goes on counting as before', () => {
    const { host } = openHost();
    const asking = (name: string, domid: number) =>
      JSON.stringify({ c_info: { type: 'wasm', name, domid }, b_info: { max_memkb: 1024, kernel: 'idle' } });
    expect(host.create(asking('one', 5), { paused: true })).toBe(5);
    expect(failure(() => host.create(asking('two', 5), { paused: true })).code).toBe('domid-taken');
    host.destroy(5);
    expect(host.create(configurationOf('three', 'idle'), { paused: true })).toBe(1);
  });

  it('says why a guest does not start, and leaves nothing of it', () => {
    const test = openHost();
    const refused = (kernel: string, commandLine = '') =>
      failure(() => test.host.create(configurationOf('one', kernel, commandLine), { paused: false }));
    expect(refused('wss', 'rate=5 foo=1')).toMatchObject({
      code: 'bad-guest',
      message: expect.stringContaining('"foo=1", which this guest does not understand') as string,
    });
    expect(refused('wss', 'pages=5000').message).toContain('this memory has room for 1 to ');
    expect(refused(moduleFile(test, buildGuest({ minimumMemory: 17 }))).message).toContain('at least 2 MiB');
    expect(refused(moduleFile(test, buildGuest({ startSection: true }))).code).toBe('bad-guest');
    expect(refused('nothing').code).toBe('bad-configuration');
    expect(refused('/nowhere/guest.wasm').code).toBe('bad-configuration');
    expect(readdirSync(join(test.folder, 'domains'))).toEqual([]);
  });

  it('keeps no more of a console than its log may have, however much a guest writes at once', async () => {
    const test = openHost();
    const MIB = 2 ** 20;
    const kernel = moduleFile(test, buildGuest({ minimumMemory: 100 * 16, writes: 100 * MIB }));
    const domid = test.host.create(configurationOf('one', kernel, '', 100), { paused: false });
    const path = test.host.consolePath(domid);
    await vi.waitFor(() => expect(statSync(path).size).toBeGreaterThan(0), UNTIL);
    // By then the guest has written everything.
    test.host.pause(domid);
    expect(statSync(path).size).toBe(8 * MIB);
    expect(existsSync(`${path}.0`)).toBe(false);
  });

  it('shows a domain whose guest crashed, with the reason on its console', async () => {
    const test = openHost();
    const kernel = moduleFile(test, buildGuest({ run: [0x00] }));
    const domid = test.host.create(configurationOf('one', kernel), { paused: false });
    await vi.waitFor(() => expect(test.host.describe(domid).state.crashed).toBe(true), UNTIL);
    expect(consoleLines(test, domid).at(-1)).toContain('the guest crashed: ');
    expect(failure(() => test.host.pause(domid)).code).toBe('wrong-state');
  });

  it('resumes only what is suspended', () => {
    const { host } = openHost();
    const domid = host.create(configurationOf('one', 'idle'), { paused: true });
    expect(failure(() => host.resume(domid))).toMatchObject({ code: 'wrong-state', domid });
  });

  it('clears away a domain whose process was killed', async () => {
    const test = openHost();
    const { host } = test;
    const domid = host.create(configurationOf('one', 'idle'), { paused: false });
    process.kill(pidOf(test, domid), 'SIGKILL');
    await vi.waitFor(() => {
      expect(host.list()).toEqual([]);
      expect(existsSync(domainFolder(test, domid))).toBe(false);
    }, UNTIL);
    expect(host.create(configurationOf('one', 'idle'), { paused: true })).toBe(domid + 1);
  });

  it('destroys a domain that does not answer', () => {
    const test = openHost();
    const domid = test.host.create(configurationOf('one', moduleFile(test, spinning)), { paused: false });
    const pid = pidOf(test, domid);
    test.host.destroy(domid);
    expect(identityOf(pid)).toBeUndefined();
  });

  it('keeps nothing of its creator open', () => {
    const test = openHost();
    const script = `
      import { EmbeddedHost } from '@mig/hypervisor-wasm';
      EmbeddedHost.open(process.argv[1]).create(process.argv[2], { paused: true });
    `;
    const inherited = openSync(join(test.folder, 'inherited'), 'w');
    // High enough to escape Node's own handling of inherited descriptors.
    const { status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, test.folder, configurationOf('one', 'idle')],
      {
        cwd: new URL('..', import.meta.url),
        stdio: ['ignore', 'ignore', 'inherit', ...Array<'ignore'>(50).fill('ignore'), inherited],
      },
    );
    closeSync(inherited);
    expect(status).toBe(0);
    const [domain] = test.host.list();
    const fds = `/proc/${pidOf(test, domain!.domid)}/fd`;
    const open = readdirSync(fds).flatMap((fd) => targetOf(join(fds, fd)));
    expect(open).not.toContain(join(test.folder, 'inherited'));
    expect(open.some((target) => target.endsWith('console.log'))).toBe(true);
  });

  it('is in the state directory where no folder is named', () => {
    const { folder } = openHost();
    vi.stubEnv('MIG_HOST_DIR', '');
    vi.stubEnv('XDG_STATE_HOME', '');
    vi.stubEnv('HOME', folder);
    try {
      expect(EmbeddedHost.open().info().details).toMatchObject({
        folder: join(folder, '.local/state/mig/host'),
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('describes itself', () => {
    const { host, folder } = openHost();
    expect(host.info()).toMatchObject({
      hypervisor: 'embedded (WebAssembly)',
      details: { folder, domains: 0 },
    });
  });
});

/** Code of a run() that never returns: loop, br 0, end, unreachable. */
const spinning = buildGuest({ run: [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00] });

/** Reads a link; gives nothing for a descriptor that was closed since: the process is alive. */
function targetOf(link: string): string[] {
  try {
    return [readlinkSync(link)];
  } catch {
    return [];
  }
}
