import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Disk, Interface } from './configuration.js';
import { checkBridges, checkDisks } from './devices.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mig-devices-'));
  mkdirSync(join(root, 'sys/class/net/xenbr0'), { recursive: true });
  writeFileSync(join(root, 'disk'), '');
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

const disk = (path: string | undefined, more: Partial<Disk> = {}): Disk => {
  return { virtual: 'xvda', path, script: undefined, isElsewhere: false, ...more };
};
const nic = (bridge: string | undefined, more: Partial<Interface> = {}): Interface => {
  return { bridge, script: undefined, isElsewhere: false, ...more };
};

describe('disks', () => {
  test.each<[Disk[], string, string]>([
    [[], 'passed', 'it has no disk'],
    [[disk('/disk'), disk(undefined)], 'passed', '2 of 2 there'],
    [[disk('/disk', { script: '/etc/xen/scripts/block' })], 'passed', '1 of 1 there'],
    [[disk('/disk'), disk('/none', { virtual: 'xvdb' })], 'failed', 'not there: /none (xvdb)'],
    [[disk('/disk/below')], 'failed', 'not there: /disk/below (xvda)'],
    [[disk('nbd:server:1')], 'unknown', 'nbd:server:1 (xvda) is no path'],
    [[disk('/none', { script: 'block-drbd' })], 'unknown', 'block-drbd sees to /none (xvda)'],
    [[disk('/none', { isElsewhere: true })], 'unknown', 'another domain has /none (xvda)'],
    [[disk('vg/g1'), disk('/none')], 'failed', 'not there: /none (xvda)'],
    [[disk(`/${'x'.repeat(300)}`)], 'unknown', expect.stringContaining('ENAMETOOLONG') as string],
    [[disk('/\u001b[2J')], 'failed', String.raw`not there: /\u001b[2J (xvda)`],
  ])('%j', (disks, outcome, sentence) => {
    expect(checkDisks({ disks }, root)).toEqual({ check: 'disks', outcome, sentence });
  });
});

describe('bridges', () => {
  test.each<[Interface[], string, string]>([
    [[], 'passed', 'it has no bridge'],
    [[nic('xenbr0'), nic('xenbr0', { script: 'vif-bridge' })], 'passed', '2 of 2 there'],
    [[nic('xenbr1'), nic('xenbr0')], 'failed', 'not there: xenbr1'],
    [[nic('../../../disk')], 'failed', 'not there: ../../../disk'],
    [[nic(undefined)], 'unknown', 'an interface names no bridge'],
    [[nic('ovs0', { script: 'vif-openvswitch' })], 'unknown', 'vif-openvswitch sees to an interface'],
    [[nic('xenbr1', { isElsewhere: true })], 'unknown', 'another domain has an interface'],
  ])('%j', (interfaces, outcome, sentence) => {
    expect(checkBridges({ interfaces }, root)).toEqual({ check: 'bridges', outcome, sentence });
  });
});
