/** Tests of memory, versions and processors: what is certain, and what is not. */
import { describe, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import type { CpuPolicy } from '../libxc/control.js';
import { xenVersions } from '../xen/xen-version.js';
import { checkLog, checkPassedThrough, refuseUnmovable } from './departure.js';
import { checkMemory } from './memory.js';
import { checkProcessor, type Processors, vendorIn } from './processor.js';
import { checkVersion } from './version.js';

const MIB = 1024;

describe('memory', () => {
  const need = { least: 512 * MIB, most: 1024 * MIB };
  test.each<[number, number, boolean | undefined, string, string | RegExp]>([
    [1024, 0, false, 'passed', 'it needs 1024 MiB, and 1024 MiB are free'],
    [
      1023,
      0,
      undefined,
      'unknown',
      /^it needs 1024 MiB, and 1023 MiB are free: it fits where domain 0 gives/,
    ],
    [0, 640, undefined, 'unknown', /and 0 MiB are free: it fits/],
    [
      ...([100, 539, undefined, 'failed'] as const),
      /^it needs 512 MiB at least, and 100 MiB are free, with all that domain 0 may give up 511 MiB$/,
    ],
    // Domain 0 keeps 128 MiB of its memory.
    [1000, 152, true, 'passed', /1000 MiB are free: domain 0 gives the rest up \(autoballoon\)$/],
    [1000, 151, true, 'unknown', /1000 MiB are free: it fits where the guest uses less$/],
    [100, 539, true, 'failed', /with all that domain 0 may give up 511 MiB$/],
    [1023, 4096, false, 'unknown', /1023 MiB are free: it fits where the guest uses less$/],
    [511, 4096, false, 'failed', /511 MiB are free, domain 0 gives none up \(autoballoon is off\)$/],
  ])(
    '%i MiB free, %i of domain 0, autoballoon %s: %s',
    (free, controlDomain, autoballoon, outcome, sentence) => {
      const check = checkMemory(need, { free: free * MIB, controlDomain: controlDomain * MIB, autoballoon });
      expect(check.outcome).toBe(outcome);
      expect(check.sentence).toMatch(sentence);
    },
  );
});

describe('versions', () => {
  test.each([
    ['4.17', '4.17', 'passed'],
    ['4.17', '4.20', 'passed'],
    ['4.20', '4.17', 'failed'],
    ['4.18', '4.16', 'failed'],
    ['4.17', '4.16', 'unknown'],
    ['4.20', '4.18', 'unknown'],
    ['4.99', '4.17', 'failed'],
    ['4.99', '4.22', 'unknown'],
    ['4.20', '4.99', 'passed'],
    ['4.20', '4.2', 'failed'],
  ])('from %s to %s: %s', (from, to, outcome) => {
    const [source, target] = [from, to].map((text) => {
      const [major, minor] = text.split('.').map(Number);
      return { major: major!, minor: minor! };
    });
    expect(checkVersion(source!, target!)).toMatchObject({ check: 'version', outcome });
    const row = xenVersions.find(({ minor }) => minor === target!.minor);
    if (row !== undefined) expect(checkVersion(source!, row).outcome).toBe(outcome);
  });
});

test('a PV domain has nothing that is known to keep it from an older version', () => {
  const [from, to] = [xenVersions.at(-1)!, xenVersions[0]!];
  expect(checkVersion(from, to).outcome).toBe('failed');
  expect(checkVersion(from, to, 'pv').outcome).toBe('unknown');
  expect(checkVersion(to, from, 'pv').outcome).toBe('passed');
});

const AMD: CpuPolicy = {
  leaves: [{ leaf: 0, subleaf: 0xffffffff, a: 13, b: 0x68747541, d: 0x69746e65, c: 0x444d4163 }],
  msrs: [],
};
const INTEL: CpuPolicy = {
  leaves: [{ leaf: 0, subleaf: 0xffffffff, a: 13, b: 0x756e6547, d: 0x49656e69, c: 0x6c65746e }],
  msrs: [],
};

describe('processors', () => {
  const there = (offered: CpuPolicy, isOffered = true): (() => Processors) => {
    return () => ({ offered: () => offered, isOffered: () => isOffered });
  };

  test.each([
    [AMD, there(AMD), 'passed', /of AuthenticAMD, is offered there$/],
    [AMD, there(AMD, false), 'failed', /does not offer all/],
    [AMD, there(INTEL), 'failed', /was told a processor of AuthenticAMD, and there is one of GenuineIntel$/],
    [undefined, there(AMD), 'unknown', /^the source did not say/],
    [
      AMD,
      () => {
        throw new Error('xc_cpu_policy_get_system: EPERM');
      },
      'unknown',
      /^Xen there could not be asked: xc_cpu_policy_get_system: EPERM$/,
    ],
  ] as const)('%#', (told, processors, outcome, sentence) => {
    const check = checkProcessor(told, processors);
    expect(check.outcome).toBe(outcome);
    expect(check.sentence).toMatch(sentence);
  });

  test('a vendor that is none has no name', () => {
    expect(vendorIn([])).toBeUndefined();
    expect(vendorIn([{ leaf: 0, subleaf: 0, a: 0, b: 0x1b, c: 0, d: 0 }])).toBeUndefined();
  });
});

describe('what keeps a domain here', () => {
  test.each([
    ['pvh', 'Xen logs'],
    ['hvm', 'Xen logs'],
    ['pv', 'moves as stop-and-copy'],
  ])('a %s domain: %s', (type, words) => {
    const { outcome, sentence } = checkLog({ type });
    expect(outcome).toBe('passed');
    expect(sentence).toContain(words);
  });

  test('a device of the host', () => {
    expect(checkPassedThrough({ passedThrough: [] }).outcome).toBe('passed');
    expect(checkPassedThrough({ passedThrough: ['0000:03:00.0'] })).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(/^it has 0000:03:00.0 of this host to itself/) as string,
    });
    const configuration = '{"c_info":{"type":"hvm"},"pcidevs":[{"bus":3}]}';
    expect(() => refuseUnmovable(configuration, 1)).toThrow(HostError);
    expect(() => refuseUnmovable('{}', 1)).not.toThrow();
  });
});
