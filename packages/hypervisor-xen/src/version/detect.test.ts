import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { isControlDomain } from '../xen/control-domain.js';
import { detectXen } from './detect.js';
import { xenVersions } from '../xen/xen-version.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mig-detect-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Files that a dom0 of Xen 4.17 has. */
const dom0 = {
  'sys/hypervisor/type': 'xen\n',
  'sys/hypervisor/version/major': '4\n',
  'sys/hypervisor/version/minor': '17\n',
  'proc/xen/capabilities': 'control_d\n',
  'dev/xen/privcmd': '',
} as const;

function show(files: Readonly<Partial<Record<string, string>>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text!);
  }
}

function withoutFile(path: keyof typeof dom0): Partial<Record<string, string>> {
  return Object.fromEntries(Object.entries(dom0).filter(([name]) => name !== path));
}

test('a dom0 of a version that mig knows', () => {
  show(dom0);
  expect(detectXen(root)).toMatchObject({
    major: 4,
    minor: 17,
    libraries: { control: 'libxenctrl.so.4.17' },
  });
  expect(isControlDomain(root)).toBe(true);
});

test.each(xenVersions.map((version) => [version.minor, version] as const))(
  'a dom0 of each version that mig knows: 4.%i',
  (minor, version) => {
    show({ ...dom0, 'sys/hypervisor/version/minor': `${minor}\n` });
    expect(detectXen(root)).toBe(version);
  },
);

test.each([
  ['4', '23'],
  ['5', '0'],
])('a newer version, %s.%s, is judged by what can be seen of it', (major, minor) => {
  show({ ...dom0, 'sys/hypervisor/version/major': major, 'sys/hypervisor/version/minor': minor });
  const judged: unknown[] = [];
  const [taken] = xenVersions;
  const judge = (running: unknown) => {
    judged.push(running);
    return taken!;
  };
  expect(detectXen(root, judge)).toBe(taken);
  expect(judged).toEqual([{ major: Number(major), minor: Number(minor) }]);
});

// This machine has no libraries of Xen.
test('a newer version without its libraries is said', () => {
  show({ ...dom0, 'sys/hypervisor/version/minor': '99\n' });
  expect(refusal().message).toMatch(
    /^this host runs Xen 4\.99, newer than 4\.22, the newest that mig knows, .*libxenctrl\.so\.4\.99 cannot be loaded/,
  );
});

test.each<[string, Partial<Record<string, string>>, string]>([
  ['nothing of Xen', {}, 'this machine does not run under Xen'],
  ['another hypervisor', { ...dom0, 'sys/hypervisor/type': 'kvm\n' }, 'this machine does not run under Xen'],
  ['a guest', withoutFile('proc/xen/capabilities'), 'this is a guest of a Xen host'],
  ['a guest with xenfs', { ...dom0, 'proc/xen/capabilities': '\n' }, 'this is a guest of a Xen host'],
  [
    'a version that mig does not know',
    { ...dom0, 'sys/hypervisor/version/minor': '11\n' },
    'this host runs Xen 4.11; known to mig: 4.16 to 4.22 (docs/xen.md, "Another version of Xen", tells how one is added)',
  ],
  [
    'a version that cannot be read',
    withoutFile('sys/hypervisor/version/minor'),
    'this host runs Xen 4.unknown; known to mig: 4.16 to 4.22',
  ],
  [
    'no privcmd',
    withoutFile('dev/xen/privcmd'),
    'dev/xen/privcmd is not there: is the module xen_privcmd loaded?',
  ],
])('%s is said', (_, files, words) => {
  show(files);
  const error = refusal();
  expect(error).toMatchObject({ name: 'HostError', code: 'unavailable' });
  expect(error.message).toContain(words);
});

// Root may open everything.
test.skipIf(process.getuid?.() === 0)('a privcmd that is not for this user', () => {
  show(dom0);
  chmodSync(join(root, 'dev/xen/privcmd'), 0);
  const error = refusal();
  expect(error.code).toBe('no-permission');
  expect(error.message).toMatch(/privcmd is not for this user: be root$/);
});

function refusal(): HostError {
  try {
    detectXen(root);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it was taken for a Xen host');
}
