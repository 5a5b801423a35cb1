import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  identityOf,
  isAlive,
  livenessOf,
  type NotedIdentity,
  ownIdentity,
  readIdentity,
  type SystemView,
  UnreadableError,
} from './process-identity.js';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'mig-identity-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const BOOT = '11111111-1111-1111-1111-111111111111';
const OTHER_BOOT = '22222222-2222-2222-2222-222222222222';
const domain: NotedIdentity = {
  pid: 70,
  startTime: 500,
  bootId: BOOT,
  pidNamespace: 'pid:[1]',
  timeNamespace: 'time:[1]',
};

const stat = (pid: number, startTime: number | string, state = 'S') =>
  `${pid} (a ) b) ${state} ${'1 '.repeat(18)}${startTime} 0 0\n`;

/** The state of /proc: null is for a file that cannot be read, undefined for a missing one. */
interface World {
  readonly bootId?: string | null | undefined;
  readonly pidNamespace?: string | null | undefined;
  readonly timeNamespace?: string | null | undefined;
  readonly self?: string | null | undefined;
  readonly domain?: string | null | undefined;
  /** The result of signal 0 to the domain's process. */
  readonly probe?: 'sent' | 'ESRCH' | 'EPERM' | 'EINVAL' | undefined;
}

const alive: World = {
  bootId: `${BOOT}\n`,
  pidNamespace: 'pid:[1]',
  timeNamespace: 'time:[1]',
  self: stat(9, 900),
  domain: stat(70, 500),
  probe: 'sent',
};
const gone: World = { ...alive, domain: undefined, probe: 'ESRCH' };

let worlds = 0;
function viewOf(world: World): SystemView {
  const proc = join(folder, String(worlds++));
  const put = (
    name: string,
    text: string | null | undefined,
    write: (path: string, text: string) => void,
  ) => {
    if (text === undefined) return;
    mkdirSync(dirname(join(proc, name)), { recursive: true });
    // Even root cannot read a folder as a file or a link.
    if (text === null) mkdirSync(join(proc, name));
    else write(join(proc, name), text);
  };
  const link = (path: string, text: string) => symlinkSync(text, path);
  put('sys/kernel/random/boot_id', world.bootId, writeFileSync);
  put('self/ns/pid', world.pidNamespace, link);
  put('self/ns/time', world.timeNamespace, link);
  put('self/stat', world.self, writeFileSync);
  put('70/stat', world.domain, writeFileSync);
  const probe = () => {
    if (world.probe !== 'sent') throw Object.assign(new Error('kill'), { code: world.probe });
  };
  return { proc, pid: 9, probe };
}

function judged(world: World, noted: NotedIdentity = domain): string {
  const view = viewOf(world);
  const liveness = livenessOf(noted, view);
  return liveness.verdict === 'unknown' ? liveness.reason.replaceAll(view.proc, '/proc') : liveness.verdict;
}

describe('a process is', () => {
  it.each<[string, string, World, NotedIdentity?]>([
    ['there', 'alive', alive],
    ['gone', 'dead', gone],
    ['a zombie', 'dead', { ...alive, domain: stat(70, 500, 'Z') }],
    ['another one with its pid', 'dead', { ...alive, domain: stat(70, 501) }],
    ['of another boot, its pid in use', 'dead', { ...alive, bootId: OTHER_BOOT }],
    [
      'there, without time namespaces',
      'alive',
      { ...alive, timeNamespace: undefined },
      { ...domain, timeNamespace: '' },
    ],
  ])('%s: %s', (_, verdict, world, noted) => expect(judged(world, noted)).toBe(verdict));

  it.each<[string, string, World, NotedIdentity?]>([
    [
      'in another pid namespace',
      'in another pid namespace (pid:[1]; here it is pid:[2])',
      { ...gone, pidNamespace: 'pid:[2]' },
    ],
    [
      'in another time namespace',
      'in another time namespace',
      { ...alive, domain: stat(70, 1500), timeNamespace: 'time:[2]' },
    ],
    ['noted by an older mig', 'not noted in which boot', gone, { pid: 70, startTime: 500 }],
    [
      'noted without a namespace',
      'not noted in which boot',
      gone,
      { ...domain, pidNamespace: undefined } as never,
    ],
    ['hidden, and ours', 'is hidden: there is a process 70', { ...gone, probe: 'sent' }],
    ["hidden, and another user's", 'is hidden: there is a process 70', { ...gone, probe: 'EPERM' }],
    ['hidden, and not to be asked', 'is hidden', { ...gone, probe: 'EINVAL' }],
    ['not to be read', '/proc/70/stat cannot be read (EISDIR)', { ...alive, domain: null }],
    ['nonsense', "/proc/70/stat is not procfs's", { ...alive, domain: 'x' }],
    ['without a start time', "/proc/70/stat is not procfs's", { ...alive, domain: stat(70, '') }],
    ['without /proc', '/proc/sys/kernel/random/boot_id is not there', { probe: 'ESRCH' }],
    ['with a boot not to be read', 'boot_id cannot be read (EISDIR)', { ...gone, bootId: null }],
    ['with a boot that is none', "boot_id is not procfs's", { ...gone, bootId: '' }],
    ['with no namespace', '/proc/self/ns/pid is not there', { ...gone, pidNamespace: undefined }],
    [
      'with a namespace not to be read',
      '/proc/self/ns/pid cannot be read (EINVAL)',
      { ...gone, pidNamespace: null },
    ],
    ['with a namespace that is none', "/proc/self/ns/pid is not procfs's", { ...gone, pidNamespace: 'x' }],
    [
      'with a time not to be read',
      '/proc/self/ns/time cannot be read (EINVAL)',
      { ...gone, timeNamespace: null },
    ],
    [
      "with another's /proc",
      'is of another pid namespace than this process',
      { ...gone, self: stat(8, 900) },
    ],
    ['with no self in /proc', 'is of another pid namespace than this process', { ...gone, self: undefined }],
  ])('%s: unknown, since %s', (_, reason, world, noted) => {
    expect(judged(world, noted)).toContain(reason);
  });

  it('dead only where all that is needed to say so could be read', () => {
    const either = <T>(...values: T[]) =>
      fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, fc.constantFrom(null, undefined));
    const mostly = (value: string) => fc.option(fc.constant(value), { freq: 8, nil: undefined });
    let dead = 0;
    fc.assert(
      fc.property(
        fc.record({
          bootId: either(BOOT, OTHER_BOOT, 'x'),
          pidNamespace: either('pid:[1]', 'pid:[2]', 'x'),
          timeNamespace: either('time:[1]', 'time:[2]'),
          self: either(stat(9, 900), stat(9, 900), stat(9, 900), stat(8, 900), 'x'),
          domain: either(stat(70, 500), stat(70, 501), stat(70, 500, 'Z'), 'x'),
          probe: fc.constantFrom('sent', 'ESRCH', 'EPERM', 'EINVAL' as const),
        }),
        fc.record({
          bootId: mostly(BOOT),
          pidNamespace: mostly('pid:[1]'),
          timeNamespace: mostly('time:[1]'),
        }),
        (world, notes) => {
          const noted = { ...domain, ...notes } as NotedIdentity;
          if (livenessOf(noted, viewOf(world)).verdict !== 'dead') return;
          dead++;
          const seen = world as World;
          expect([BOOT, OTHER_BOOT]).toContain(seen.bootId);
          expect(['pid:[1]', 'pid:[2]']).toContain(seen.pidNamespace);
          expect(seen.self).toBe(stat(9, 900));
          expect(Object.values(notes)).not.toContain(undefined);
          if (seen.bootId === OTHER_BOOT) return;
          expect(seen).toMatchObject({ pidNamespace: 'pid:[1]', timeNamespace: 'time:[1]' });
          if (seen.domain === undefined) expect(seen.probe).toBe('ESRCH');
          else expect([stat(70, 501), stat(70, 500, 'Z')]).toContain(seen.domain);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
    expect(dead).toBeGreaterThan(10);
  });
});

describe('this system', () => {
  it('shows this process, and sees that another is alive until it is dead', async () => {
    expect(ownIdentity()).toMatchObject({ pid: process.pid });
    expect(isAlive(ownIdentity())).toBe(true);
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const identity = identityOf(child.pid!)!;
    expect(livenessOf(identity)).toEqual({ verdict: 'alive' });
    expect(livenessOf({ ...identity, startTime: identity.startTime - 1 })).toEqual({ verdict: 'dead' });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(livenessOf(identity)).toEqual({ verdict: 'dead' });
    expect(identityOf(child.pid!)).toBeUndefined();
  });
});

describe('a process.json', () => {
  const path = () => join(folder, 'process.json');
  it.each([
    ['nonsense', 'x'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ["another program's", '{"pid":"7"}'],
    ['of all processes', '{"pid":-1,"startTime":5}'],
    ['of a process group', '{"pid":0,"startTime":5}'],
    ['of a namespace that is no text', '{"pid":5,"startTime":5,"pidNamespace":7}'],
  ])('that is %s is not of mig', (_, text) => {
    writeFileSync(path(), text);
    expect(readIdentity(path())).toBe('foreign');
  });

  it('that is not there is none, and one that cannot be read is not', ({ skip }) => {
    expect(readIdentity(join(folder, 'nothing'))).toBeUndefined();
    expect(() => readIdentity(join(folder, 'nothing\0'))).toThrow(UnreadableError);
    if (process.geteuid?.() === 0) return skip('root reads everything');
    const hidden = join(folder, 'hidden.json');
    writeFileSync(hidden, '{}', { mode: 0o200 });
    expect(() => readIdentity(hidden)).toThrow('cannot be read (EACCES)');
  });

  it('that an older mig wrote is known', () => {
    writeFileSync(path(), '{"pid":5,"startTime":5}');
    expect(readIdentity(path())).toEqual(JSON.parse(readFileSync(path(), 'utf8')));
  });
});
