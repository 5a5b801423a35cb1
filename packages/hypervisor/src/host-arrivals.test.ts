import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryLockDescriptor } from '@mig/posix';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError, type HostErrorCode } from './errors.js';
import { HostArrivals } from './host-arrivals.js';

let folder: string;
let locks: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-arrivals-'));
  locks = 0;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Makes another process of this host. */
function mig(): HostArrivals {
  return new HostArrivals({
    folder,
    locked: (action) => {
      locks++;
      return action();
    },
    tryLock: tryLockDescriptor,
  });
}

function refused(code: HostErrorCode, action: () => unknown): string {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(HostError);
  expect(caught).toMatchObject({ code });
  return (caught as HostError).message;
}

const cordon = { reason: 'a new disk', by: 'root', since: '2026-01-02T03:04:05Z' };

test('a host that is cordoned takes no arrival, says why, and takes them again', () => {
  expect(mig().cordon(cordon)).toEqual({ cordon, underWay: 0 });
  expect(refused('cordoned', () => mig().admit())).toBe(
    'no domain may arrive, cordoned since 2026-01-02T03:04:05Z by root: a new disk',
  );
  mig().cordon({ by: 'root' });
  expect(refused('cordoned', () => mig().admit())).toBe('no domain may arrive, cordoned by root');
  expect(mig().uncordon()).toEqual({ by: 'root' });
  expect(mig().uncordon()).toBeUndefined();
  mig().admit().release();
});

test('what is under way when it is cordoned goes on, and is counted', () => {
  const admission = mig().admit();
  expect(mig().cordon(cordon).underWay).toBe(1);
  refused('cordoned', () => mig().admit());
  admission.release();
  admission.release();
  expect(mig().now()).toEqual({ cordon, underWay: 0 });
});

test('no more arrive at once than may, and another one once one has ended', () => {
  const [first] = [mig().admit(2), mig().admit(2)];
  expect(refused('arrivals-full', () => mig().admit(2))).toBe(
    'at most 2 domains may arrive at once, and 2 are arriving: try again later',
  );
  first.release();
  mig().admit(2);
  expect(refused('arrivals-full', () => mig().admit(1))).toContain('at most 1 domain may');
  mig().admit();
  expect(mig().now().underWay).toBe(3);
});

test('the arrival of a process that was killed does not count', async () => {
  const admission = mig().admit(1);
  const [name] = readdirSync(join(folder, 'arrivals'));
  admission.release();
  // Holds the lock as a receiver does, until it is killed.
  const path = join(folder, 'arrivals', name!);
  const receiver = spawn('flock', ['--exclusive', path, '-c', 'echo locked; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(receiver.stdout, 'data');
  refused('arrivals-full', () => mig().admit(1));
  const ended = once(receiver, 'close');
  process.kill(-receiver.pid!, 'SIGKILL');
  await ended;
  mig().admit(1).release();
  expect(readdirSync(join(folder, 'arrivals'))).toEqual([]);
});

test('a mark that is damaged still closes the host', () => {
  for (const text of ['', '{', '7']) {
    writeFileSync(join(folder, 'cordon.json'), text);
    expect(refused('cordoned', () => mig().admit())).toContain('a mark that cannot be read');
  }
  expect(mig().uncordon()).toEqual({});
  mig().admit().release();
});

test('what cannot be read admits nothing', () => {
  mkdirSync(join(folder, 'cordon.json'));
  expect(refused('unavailable', () => mig().admit())).toMatch(/^the arrivals of this host cannot/);
});

test('everything is decided under the lock, and a look makes no folder', () => {
  for (const act of ['now', 'admit', 'uncordon'] as const) mig()[act]();
  mig().cordon(cordon);
  expect(locks).toBe(4);
  expect(statSync(join(folder, 'cordon.json')).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).sort()).toEqual(['arrivals', 'cordon.json']);
  const nowhere = join(folder, 'nowhere');
  const none = new HostArrivals({
    folder: nowhere,
    locked: (action) => action(),
    tryLock: tryLockDescriptor,
  });
  expect(none.now()).toEqual({ cordon: undefined, underWay: 0 });
  expect(existsSync(nowhere)).toBe(false);
});
