import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExitStatus } from '../output/exit-status.js';
import { chosenHypervisor, type Hypervisor } from './chosen-hypervisor.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-chosen-'));
  for (const [machine, capabilities] of [['dom0', 'control_d\n'], ['guest', '\n']] as const) {
    mkdirSync(join(folder, machine, 'proc/xen'), { recursive: true });
    writeFileSync(join(folder, machine, 'proc/xen/capabilities'), capabilities);
  } // prettier-ignore
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

type Variables = Record<string, string>;

test.each<[Variables, string, Hypervisor]>([
  [{}, 'plain', 'embedded'],
  [{}, 'guest', 'embedded'],
  [{}, 'dom0', 'xen'],
  [{ MIG_HYPERVISOR: '' }, 'dom0', 'xen'],
  [{ MIG_HOST_DIR: '/hosts/a' }, 'dom0', 'embedded'],
  [{ MIG_HOST_DIR: '/hosts/a', MIG_HYPERVISOR: 'xen' }, 'dom0', 'xen'],
  [{ MIG_HYPERVISOR: 'xen' }, 'plain', 'xen'],
  [{ MIG_HYPERVISOR: 'embedded' }, 'dom0', 'embedded'],
])('%j on a %s machine: %s', (environment, machine, hypervisor) => {
  expect(chosenHypervisor(environment, join(folder, machine))).toBe(hypervisor);
});

test('another word is refused', () => {
  expect(() => chosenHypervisor({ MIG_HYPERVISOR: 'kvm' }, '/')).toThrow(
    expect.objectContaining({
      message: "MIG_HYPERVISOR must be xen or embedded, not 'kvm'",
      status: ExitStatus.usage,
    }),
  );
});
