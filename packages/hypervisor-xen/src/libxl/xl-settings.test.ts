/**
 * Tests that a domain is built by stock xl's settings: under its lock while room is made, and with a domid
 * by its policy.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { pause } from '@mig/posix';
import { withLockHolder } from '../../../posix/src/lock-holder.test-support.js';
import type { BalloonedHost } from './autoballoon.js';
import { buildBy, type XlSettings } from './xl-settings.js';

let folder: string;
let settings: Omit<XlSettings, 'cpuMasks'>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-xl-settings-'));
  settings = { autoballoon: true, lockFile: join(folder, 'xl'), domidPolicy: 'xen' };
});
afterEach(() => rmSync(folder, { recursive: true }));

const time = { pause, now: () => performance.now() };
const building = { configuration: '{"c_info":{"name":"g"}}', longestWait: 0, time };

function hostThatNeeds(kib: number): BalloonedHost {
  return {
    neededMemory: () => kib,
    freeMemory: () => 1000,
    controlDomainMemory: () => 0,
    changeControlDomainTarget: () => {
      throw new Error('it has none to give');
    },
  };
}

/** Runs another process that holds the lock as stock xl does. */
const withHolder = (use: (pid: number) => void) => withLockHolder(settings.lockFile, use);

const build = (host = hostThatNeeds(1000), more = {}) =>
  buildBy(settings, host, { ...building, ...more }, (configuration) => configuration);

test('room is made under the lock of stock xl, and where that is not to be had nothing is built', async () => {
  expect(build()).toBe(building.configuration);
  await withHolder((pid) => {
    expect(() => build()).toThrow(
      `process ${pid} makes room for a domain of its own: it has the lock ${settings.lockFile}`,
    );
  });
  expect(build()).toBe(building.configuration);
});

test('without autoballoon there is no lock, and no room is made', () => {
  settings = { ...settings, autoballoon: false };
  expect(build(hostThatNeeds(1001))).toBe(building.configuration);
  expect(existsSync(settings.lockFile)).toBe(false);
});

test('where there is no room nothing is built, unless that is asked for', () => {
  expect(() => build(hostThatNeeds(1001))).toThrow(HostError);
  expect(build(hostThatNeeds(1001), { unchecked: true })).toBe(building.configuration);
});

test('a lock that cannot be opened is said', () => {
  settings = { ...settings, lockFile: join(folder, 'none/xl') };
  expect(() => build()).toThrow(/none\/xl cannot be opened: ENOENT/);
});

test('a domid at random is for a domain that asks for none', () => {
  settings = { ...settings, domidPolicy: 'random' };
  const domidOf = (domid: unknown) => {
    const configuration = JSON.stringify({ c_info: { name: 'g', domid } });
    return (JSON.parse(build(undefined, { configuration })) as { c_info: { domid: unknown } }).c_info.domid;
  };
  expect([undefined, 0xffffffff, 0x7ff0, 7].map(domidOf)).toEqual([0xfffffffe, 0xfffffffe, 0xfffffffe, 7]);
});
