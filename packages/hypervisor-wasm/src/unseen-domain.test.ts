/** Tests of a running domain whose process a toolstack cannot see: it must never be taken for dead. */
import { type DomainInfo } from '@mig/hypervisor';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configurationOf, domainFolder, openHost, pidOf, type TestHost } from './hosts.test-support.js';

interface Heard {
  /** The result of list, or the code and message of its failure. */
  readonly list: DomainInfo[] | string;
  readonly acts: Readonly<Record<string, string>>;
}

const SCRIPT = `
  import { EmbeddedHost } from '@mig/hypervisor-wasm';
  import { closeSync, openSync } from 'node:fs';
  const [folder, free, configuration] = process.argv.slice(1);
  const tried = (action) => {
    try {
      return action() ?? 'done';
    } catch (error) {
      return error.name + ' ' + error.code + ': ' + error.message;
    }
  };
  const host = EmbeddedHost.open(folder);
  // Whatever is loaded late is loaded by now.
  tried(() => host.list());
  const opened = [];
  if (free !== '') {
    try {
      for (;;) opened.push(openSync('/dev/null'));
    } catch {}
    for (let at = 0; at < Number(free); at++) closeSync(opened.pop());
  }
  const list = tried(() => host.list());
  const acts = {
    configuration: tried(() => JSON.parse(host.configuration(1)).c_info.name),
    pause: tried(() => host.pause(1)),
    withDirtyLog: tried(() => host.withDirtyLog(1, () => 'logged')),
    create: tried(() => host.create(configuration, { paused: true })),
    destroy: tried(() => host.destroy(1)),
  };
  for (const fd of opened) closeSync(fd);
  console.log(JSON.stringify({ list, acts }));`;

/** Runs another toolstack through `wrapper` on the same host. */
function elsewhere({ folder }: TestHost, wrapper: readonly string[], free = ''): Heard {
  const node = [
    process.execPath,
    '--input-type=module',
    '-e',
    SCRIPT,
    folder,
    free,
    configurationOf('one', 'idle'),
  ];
  const [program, ...args] = [...wrapper, ...node];
  const { stdout, stderr, status } = spawnSync(program!, args, {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
  return JSON.parse(stdout) as Heard;
}

const can = (wrapper: readonly string[]) =>
  spawnSync(wrapper[0]!, [...wrapper.slice(1), 'true']).status === 0;
const OTHER_PIDS = ['unshare', '-pf', '--mount-proc'];
const NO_PROC = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$0" "$@"'];

function runningDomain(): TestHost {
  const test = openHost();
  expect(test.host.create(configurationOf('one', 'idle'), { paused: false })).toBe(1);
  return test;
}

function expectUntouched(test: TestHost): void {
  expect(() => process.kill(pidOf(test, 1), 0)).not.toThrow();
  expect(readdirSync(join(test.folder, 'domains'))).toEqual(['1']);
  expect(existsSync(join(domainFolder(test, 1), 'configuration.json'))).toBe(true);
}

describe('a domain that runs stays, and is no other,', () => {
  it('for a toolstack in another pid namespace, which reaches it through its socket', ({ skip }) => {
    if (!can(OTHER_PIDS)) return skip('unshare -p is not allowed here');
    const test = runningDomain();
    const { list, acts } = elsewhere(test, OTHER_PIDS);
    expect(list).toMatchObject([{ domid: 1, name: 'one', state: { crashed: false } }]);
    expect(acts).toMatchObject({
      pause: 'done',
      create: expect.stringContaining('name-taken') as string,
      withDirtyLog: expect.stringContaining('in another pid namespace') as string,
      destroy: expect.stringMatching(/^HostError unavailable: domain 1 .*in another pid namespace/) as string,
    });
    expectUntouched(test);
    expect(test.host.describe(1).state.paused).toBe(true);
  });

  it('for one that cannot reach it either', ({ skip }) => {
    if (!can(OTHER_PIDS)) return skip('unshare -p is not allowed here');
    const test = runningDomain();
    rmSync(join(domainFolder(test, 1), 'control.sock'));
    try {
      const { list, acts } = elsewhere(test, OTHER_PIDS);
      expect(list).toMatchObject([{ domid: 1, name: 'one', state: { crashed: true } }]);
      expect(acts).toMatchObject({
        configuration: 'one',
        create: expect.stringContaining('name-taken') as string,
      });
      for (const act of ['pause', 'withDirtyLog', 'destroy']) {
        expect(acts[act]).toMatch(/^HostError unavailable: .*domain 1 .*in another pid namespace/);
      }
      expectUntouched(test);
    } finally {
      // A domain that does not listen is not listed here, as if it were being made: nobody else ends it.
      test.host.destroy(1);
    }
  });

  it('where there is no /proc', ({ skip }) => {
    if (!can(NO_PROC)) return skip('unshare -m and mount are not allowed here');
    const test = runningDomain();
    const { list, acts } = elsewhere(test, NO_PROC);
    expect(list).toMatchObject([{ domid: 1, name: 'one' }]);
    for (const act of ['pause', 'withDirtyLog', 'destroy']) {
      expect(acts[act]).toMatch(/^HostError unavailable: .*domain 1 .*boot_id is not there/);
    }
    expect(acts['create']).toMatch(/name-taken|boot_id is not there/);
    expectUntouched(test);
  });

  it.each([0, 1, 2, 3])('where only %i descriptors are left', (free) => {
    const test = runningDomain();
    const { list, acts } = elsewhere(test, ['sh', '-c', 'ulimit -n 256 && exec "$0" "$@"'], String(free));
    if (typeof list === 'string') expect(list).toMatch(/^HostError unavailable: /);
    else expect(list).toMatchObject([{ domid: 1, name: 'one' }]);
    expect(acts['create']).toMatch(/^HostError (name-taken|unavailable|bad-configuration: b_info.kernel)/);
    for (const said of Object.values(acts))
      expect(said).not.toMatch(/no-such-domain|domain-died|^\w+ E[A-Z]+:/);
    if (acts['destroy'] !== 'done') expectUntouched(test);
  });
});
