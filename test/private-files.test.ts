/**
 * Tests that files which hold a guest's memory, or tell of it, are accessible only to their owner, whatever
 * the umask.
 */
import { chmodSync, lstatSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { Program } from './harness/program.js';
import { processesOf } from '../tooling/faults/processes.mjs';
import type { TestHost } from './harness/test-host.js';
import { test } from './harness/two-hosts.js';

/**
 * Runs `xl` with a umask that permits everything.
 * @throws unless its status is 0
 */
async function openHanded(host: TestHost, ...args: readonly string[]): Promise<void> {
  const { status, stderr } = await new Program('sh', ['-c', `umask 0; ${host.command(...args)}`], {
    environment: {},
  }).ended;
  if (status !== 0) throw new Error(`xl ${args.join(' ')} ended with ${status}:\n${stderr}`);
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Lists the files and sockets below a folder that are accessible to others than their owner. */
function openFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => !lstatSync(path).isDirectory() && (lstatSync(path).mode & 0o077) !== 0)
    .map((path) => `${path} has mode ${mode(path)}`);
}

/** The memory of a domain, as opened by its process: `/memfd:domain RAM (deleted)`. */
function ramOf(host: TestHost): string[] {
  return processesOf(host.folder).flatMap(({ pid }) =>
    readdirSync(`/proc/${pid}/fd`)
      .map((fd) => `/proc/${pid}/fd/${fd}`)
      .filter((path) => (statSync(path).mode & 0o170000) === 0o100000 && statSync(path).nlink === 0),
  );
}

describe.concurrent('with umask 0', () => {
  test('nobody else reads a file that mig makes', async ({ hosts }) => {
    const { source, target } = hosts;
    const config = await source.configure();
    chmodSync(config, 0o600);
    await openHanded(source, 'create', '-q', config);
    const [trace, report] = [hosts.path('busy.trace'), hosts.path('busy.html')];
    const told = ['--trace', trace, '--trace-bitmaps', '--report', report];
    const bitmaps = ['migrate', ...told, '-s', '', 'busy', `umask 0; ${target.receiver()}`];
    await openHanded(source, ...bitmaps);
    // With a domain, and all the files of its folder.
    expect(readdirSync(join(target.folder, 'domains/1')).length).toBeGreaterThan(4);
    expect(ramOf(target).map(mode)).toContain('600');
    expect(ramOf(target).map(mode)).not.toContain('777');
    expect(openFiles(hosts.folder)).toEqual([]);

    const image = hosts.path('busy.image');
    await openHanded(target, 'save', '-c', 'busy', image);
    await openHanded(target, 'stream', 'copy', image, `${image}.copy`);
    await openHanded(target, 'trace', 'report', trace, hosts.path('busy.svg'));
    for (const each of [trace, report, image, `${image}.copy`, hosts.path('busy.svg')]) {
      expect(`${each} ${mode(each)}`).toBe(`${each} 600`);
    }
    expect(openFiles(hosts.folder)).toEqual([]);
  });

  const replaced = [
    { before: 0o644, after: '600' },
    { before: 0o666, after: '600' },
    { before: 0o440, after: '400' },
    { before: 0o400, after: '400' },
  ];
  test.for(replaced)(
    'an image or a page in the place of a file of mode $before has $after',
    async ({ before, after }, { hosts }) => {
      const { source } = hosts;
      await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
      const image = hosts.path('busy.image');
      writeFileSync(image, 'what was there before');
      chmodSync(image, before);
      await openHanded(source, 'save', 'busy', image);
      expect(mode(image)).toBe(after);
    },
  );

  test('a trace over a file that others read is read by them no more', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const trace = hosts.path('busy.trace');
    writeFileSync(trace, 'x'.repeat(100_000));
    chmodSync(trace, 0o644);
    await openHanded(source, 'migrate', '--trace', trace, '-s', '', 'busy', target.receiver());
    expect(mode(trace)).toBe('600');
    expect(await source.done('trace', 'show', trace)).not.toContain('damaged');
    expect(statSync(trace).size).toBeLessThan(100_000);
  });
});
