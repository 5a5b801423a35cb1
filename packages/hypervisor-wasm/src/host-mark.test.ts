import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HOST_MARK, markHost } from './host-mark.js';
import { failure } from './hosts.test-support.js';

let path: string;
beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'mig-mark-'))));
afterEach(() => rmSync(path, { recursive: true }));

describe("mig's mark", () => {
  it('is put into a folder that is made, or is empty, for this user only', () => {
    for (const folder of [path, join(path, 'missing', 'host')]) {
      expect(EmbeddedHost.open(folder).list()).toEqual([]);
      expect(statSync(join(folder, HOST_MARK)).mode & 0o777).toBe(0o600);
      expect(EmbeddedHost.open(folder).list()).toEqual([]);
    }
  });

  it.each(['file', '.hidden', 'domains'])(
    'is missing in a folder with %s, which is refused and left as it is',
    (name) => {
      mkdirSync(join(path, name));
      expect(failure(() => EmbeddedHost.open(path))).toMatchObject({
        code: 'unavailable',
        message: `${path} is not a mig host: it contains other files; use an empty folder, or one that does not exist yet`,
      });
      expect(readdirSync(path)).toEqual([name]);
    },
  );

  it('makes a host of a folder, whatever else comes to be in it', () => {
    markHost(path);
    writeFileSync(join(path, 'guest.wasm'), '');
    expect(EmbeddedHost.open(path).list()).toEqual([]);
  });

  it('is not a folder of that name', () => {
    mkdirSync(join(path, HOST_MARK));
    expect(failure(() => EmbeddedHost.open(path)).code).toBe('unavailable');
  });

  it('is put by many at once, and all of them have their host', async () => {
    const folder = join(path, 'host');
    const script = `
      import { EmbeddedHost } from '@mig/hypervisor-wasm';
      process.stdin.once('data', () => {
        for (let at = 0; at < 20; at++) EmbeddedHost.open(process.argv[1] + at).list();
        process.exit(0);
      });
      console.log('ready');`;
    const racers = Array.from({ length: 3 }, () =>
      spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
        cwd: new URL('..', import.meta.url),
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    );
    await Promise.all(racers.map(({ stdout }) => once(stdout, 'data')));
    const ends = racers.map((racer) => once(racer, 'exit'));
    for (const { stdin } of racers) stdin.write('go');
    expect(await Promise.all(ends)).toEqual(racers.map(() => [0, null]));
    expect(readdirSync(path)).toHaveLength(20);
    expect(readdirSync(`${folder}0`).sort()).toEqual(['domains', HOST_MARK]);
  });

  it.each(['', 'domains'])("does not open another user's folder, to root either: host/%s", (inner) => {
    if (process.geteuid?.() !== 0) {
      // If it is not root's, it is another user's.
      expect(failure(() => EmbeddedHost.open('/usr')).message).toContain('belongs to another user (uid 0)');
      return;
    }
    EmbeddedHost.open(path);
    const theirs = join(path, inner);
    chownSync(theirs, 65534, 65534);
    expect(failure(() => EmbeddedHost.open(path))).toMatchObject({
      code: 'no-permission',
      message: expect.stringMatching(/belongs to another user \(uid 65534\)$/) as string,
    });
  });
});
