/** Tests of domains as files: saved, restored, inspected; and of foreign streams. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  closeSync,
} from 'node:fs';
import { copyFile, truncate, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { whyNoZstd } from '@mig/posix';
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn } from './harness/expectations.js';
import { flaws } from './harness/guest-console.js';
import type { TestHost } from './harness/test-host.js';
import { test } from './harness/two-hosts.js';

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Checks that `xl stream` finds no fault, and writes the same octets anew. */
async function expectSound(host: TestHost, path: string): Promise<void> {
  expect(await host.done('stream', 'verify', path)).toContain('as specified');
  await host.done('stream', 'copy', path, `${path}.copy`);
  expect(await digest(`${path}.copy`)).toBe(await digest(path));
}

describe.concurrent('a saved domain', () => {
  test('lives on from its file on the same host', async ({ hosts }) => {
    const { source } = hosts;
    const before = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image);
    expect(await source.domains()).toEqual([]);
    await source.done('restore', image);
    const after = source.console('busy');
    await expectRunsOn(source, after);
    expect(flaws(before, after)).toEqual([]);
  });

  test('is sound octet by octet, and lives on from a copy of its file on another host', async ({ hosts }) => {
    const { source, target } = hosts;
    const before = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image);
    await expectSound(source, image);
    await target.done('restore', `${image}.copy`);
    await expectMoved(hosts, before);
  });

  test('has its domid again after save -D', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create({ name: 'first', kernel: 'idle', memory: 1, cmdline: '' });
    await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const { domid } = (await source.domains()).find(({ name }) => name === 'busy')!;
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image, '-D');
    await target.done('restore', image);
    expect(await target.domains()).toMatchObject([{ name: 'busy', domid }]);
  });

  test('runs on after save -c', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', '-c', 'busy', image);
    await expectRunsOn(source, console);
    await target.done('restore', image);
    await expectRunsOn(target, target.console('busy'));
  });

  test('stays paused after save -p, and after restore -p', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', '-p', 'busy', image);
    expect(await source.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    await source.done('unpause', 'busy');
    await expectRunsOn(source, console);

    await target.done('restore', '-p', image);
    expect(await target.domains()).toMatchObject([{ name: 'busy', state: 'paused' }]);
    const copy = target.console('busy');
    expect(copy.read()).toBe('');
    await target.done('unpause', 'busy');
    await expectRunsOn(target, copy);
  });
});

const mountsAllowed = spawnSync('unshare', ['--mount', 'true']).status === 0;

describe.concurrent('a save to a disk that is full', () => {
  test('of no size at all leaves the domain running', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const { status, stderr } = await source.xl('save', 'busy', '/dev/full');
    expect(status).toBe(1);
    expect(stderr).toContain('no space left on the device');
    await expectRunsOn(source, console);
  });

  test.skipIf(!mountsAllowed)('after some megabytes leaves the domain running', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const disk = hosts.path('disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]).status).toBe(0);
    try {
      const { status, stderr } = await source.xl('save', 'busy', `${disk}/busy.image`);
      expect(status).toBe(1);
      expect(stderr).toContain('no space left on the device');
      expect(stderr).toContain('The domain');
      expect(readdirSync(disk)).toEqual([]);
      await expectRunsOn(source, console);
    } finally {
      spawnSync('umount', [disk]);
    }
  });
});

describe.concurrent('a file that is no whole domain', () => {
  test('is refused, and nothing is left of it', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', '-c', 'busy', image);

    const cut = hosts.path('cut.image');
    for (const octets of [20, 300, 5_000_000]) {
      await copyFile(image, cut);
      await truncate(cut, octets);
      const { status, stderr } = await target.xl('restore', cut);
      expect(status).toBe(1);
      expect(stderr).toContain(`the image ended at byte ${octets}`);
      await expectEmpty(target);
    }
    const foreign = hosts.path('foreign.image');
    await writeFile(foreign, 'QFI\xfb and whatever else a disk image may begin with, for more than 48 bytes');
    const refused = await target.xl('restore', foreign);
    expect(refused).toMatchObject({
      status: 1,
      stderr: containing('not a domain saved by xl'),
    });
    await expectEmpty(target);
  });

  test('is refused where the name is taken', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const image = hosts.path('busy.image');
    await source.done('save', '-c', 'busy', image);
    expect(await source.xl('restore', image)).toMatchObject({
      status: 1,
      stderr: containing('there is a domain called busy already'),
    });
    await expectRunsOn(source, console);
  });
});

describe.concurrent('what goes from source to target', () => {
  test('is sound octet by octet', async ({ hosts }) => {
    const before = await hosts.source.create();
    const capture = hosts.path('forward');
    const back = hosts.path('backward');
    const relay = { forward: { capture }, backward: { capture: back } };
    expect(await hosts.migrate({ relay }).ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    await expectSound(hosts.source, capture);
    expect(readFileSync(capture).subarray(-44).toString()).toBe(
      'domain is yours, you are cleared to unpause\0',
    );
    expect(readFileSync(back).toString('latin1')).toBe(
      'xl migration receiver ready, send binary domain data.\n' +
        `mighello\x01\0\0\0\x08\0\0\0${whyNoZstd() === undefined ? '\x07' : '\x05'}\0\0\0\0\0\0\0` +
        'domain received, ready to unpause\0' +
        'my copy unpause results are as follows\0\0',
    );
  });

  test('has all of memory twice with --debug, and the target finds it the same', async ({ hosts }) => {
    const before = await hosts.source.create();
    const capture = hosts.path('forward');
    const relay = { forward: { capture } };
    const migration = hosts.migrate({ options: ['--debug'], receive: ['-d'], relay });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before);
    const { passes } = migration.events().at(-1) as unknown as { passes: object[] };
    expect(passes.at(-1)).toMatchObject({ kind: 'verify', dirtyPages: 4096, sentPages: 4096 });
    await expectSound(hosts.source, capture);
  });
});

const recordings = fileURLToPath(new URL('../../shared/fixtures/', import.meta.url));
const recorded = [
  { file: 'a-pvh-save/pvh-96.save.zst', type: 'PVH' },
  { file: 'b-pvh-live/fwd.bin.zst', type: 'PVH' },
  { file: 'c-pv-save/pv-96.save.zst', type: 'PV' },
];
const recordingsThere =
  recorded.every(({ file }) => existsSync(recordings + file)) &&
  spawnSync('zstd', ['--version']).status === 0;

describe.skipIf(!recordingsThere)("Xen's own streams (need shared/fixtures and zstd)", () => {
  test.for(recorded)('$file is refused by name', async ({ file, type }, { hosts }) => {
    const image = hosts.path('xen.image');
    const descriptor = openSync(image, 'w');
    spawnSync('zstd', ['-dc', recordings + file], { stdio: ['ignore', descriptor, 'ignore'] });
    closeSync(descriptor);
    const { status, stderr } = await hosts.target.xl('restore', image);
    expect(status).toBe(1);
    expect(stderr).toContain(`this stream is of a ${type} domain of Xen 4.17`);
    expect(stderr).toContain('the embedded hypervisor runs WebAssembly domains');
    await expectEmpty(hosts.target);
  });
});
