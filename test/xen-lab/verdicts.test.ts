/**
 * Tests of the Xen lab's verdicts: a case without one, and one that passed at its second try, are told
 * apart.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { byHosts, byXenOptions, type Case, chooseCases, findCases, inParts } from './case-files.mjs';
import { qemuArguments } from './machine.mjs';
import { xens } from './packages.mjs';
import { formatTable, inOrder, readVerdicts, secondTries } from './verdicts.mjs';

const folder = mkdtempSync(join(tmpdir(), 'mig-verdicts-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const one = (name: string, limit: number): Case => ({ name, path: '', limit, about: '' });
const cases = [one('10-a', 100), one('20-b', 30), one('30-c', 60), one('40-d', 20), one('90-e', 5)];

function verdictsOf(lines: string, among = cases) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'verdicts.txt'), lines);
  return readVerdicts(folder, among);
}

test('every case of the lab says what it is about, and how long it may take', () => {
  for (const path of ['cases', 'cases/two-hosts']) {
    const found = findCases(join(import.meta.dirname, path));
    expect(found.length).toBeGreaterThan(1);
    for (const { about, limit } of found) {
      expect(about).not.toBe('');
      expect(limit).toBeGreaterThan(0);
    }
  }
});

/** Cases that CI has no time for. */
const BY_HAND = [
  '00-stock',
  '16-attend',
  '17-check',
  '18-asked',
  '21-verify-embedded',
  '22-configuration',
  '23-suspended',
  '24-autoballoon',
  '25-xl-conf',
  '30-tunables',
  '35-say',
  '36-switchover',
  '41-failures-target',
  '45-failures-xl',
  '46-other-commands',
  '47-arriving',
  '51-deaf',
  '52-balloon',
  '53-two-vcpus',
  '54-superpages',
  '55-pages-come-in',
  '61-hvm-xl',
  '62-soft-reset',
  '72-pv-xl',
  '75-libvirt',
  '76-libvirt-control',
  '77-libvirt-apparmor',
  '80-hypervisor',
];

test('CI runs all other cases on one version, the rows and the package on both, measures nothing, and ends in time', () => {
  const all = findCases(join(import.meta.dirname, 'cases'));
  const script = readFileSync(join(import.meta.dirname, '../../.ci/run'), 'utf8');
  const runs = [...script.matchAll(/xen-lab\/run\.mjs --xen (\S+) --again --minutes ("[^"]+") (.+)$/gm)];
  expect(runs.map(([, xen]) => xen)).toEqual([...xens].reverse());
  const chosen = runs.map(([, , , wanted]) => chooseCases(all, wanted!.split(' ')).map(({ name }) => name));
  const names = chooseCases(all, []).map(({ name }) => name);
  expect([...new Set(chosen.flat()), ...BY_HAND].sort()).toEqual(names);
  const [first, second] = chosen;
  expect(first!.filter((name) => second!.includes(name))).toEqual(['19-package', '81-versions']);
  // The second lab has what the first one leaves.
  expect(runs.map(([, , minutes]) => minutes)).toEqual(['"$(minutes_left 20)"', '"$(minutes_left)"']);
  expect(script).toContain('minutes_left() { echo $((85 - ${1:-0} - SECONDS / 60)); }');
});

test('measurements are run only when they are named', () => {
  expect(chooseCases(cases, []).map(({ name }) => name)).toEqual(['10-a', '20-b', '30-c', '40-d']);
  expect(chooseCases(cases, ['9', '2']).map(({ name }) => name)).toEqual(['20-b', '90-e']);
  expect(() => chooseCases(cases, ['5'])).toThrow('no case is called 5');
});

test('parts take about as long as each other, and have all cases in order', () => {
  expect(inParts(cases, 2).map((part) => part.map(({ name }) => name))).toEqual([
    ['10-a', '90-e'],
    ['20-b', '30-c', '40-d'],
  ]);
  expect(inParts(cases, 1)).toEqual([cases]);
  expect(inParts(cases.slice(0, 2), 5)).toHaveLength(2);
});

test('cases between two hosts are run by the versions that these have', () => {
  const upgrade: Case = { ...one('40-d', 20), hosts: ['4.17', '4.20'] };
  const [a, b] = [one('10-a', 100), one('50-b', 30)];
  expect(byHosts([a, upgrade, b], '4.20')).toEqual([
    { hosts: ['4.20', '4.20'], cases: [a, b] },
    { hosts: ['4.17', '4.20'], cases: [upgrade] },
  ]);
  const found = findCases(join(import.meta.dirname, 'cases/two-hosts'));
  const hosts = found.flatMap((each) => each.hosts ?? []);
  expect(hosts).toContain('4.17');
  for (const xen of hosts) expect(xens).toContain(xen);
});

test('cases that want Xen to be booted otherwise have a boot of their own', () => {
  const [a, b] = [one('10-a', 100), one('50-b', 30)];
  const other: Case = { ...one('40-d', 20), xenOptions: 'dom0_max_vcpus=1' };
  expect(byXenOptions([a, other, b])).toEqual([
    { xenOptions: undefined, cases: [a, b] },
    { xenOptions: 'dom0_max_vcpus=1', cases: [other] },
  ]);
  const found = findCases(join(import.meta.dirname, 'cases'));
  expect(byXenOptions(found)).toHaveLength(2);
  // Guests must not run on domain 0's CPU.
  for (const { xenOptions } of found) expect(xenOptions ?? 'dom0_max_vcpus=1').toMatch(/dom0_max_vcpus=1\b/);
  const appended = (machine: object) => {
    const args = qemuArguments({ image: 'i', share: 's', ...machine });
    return args[args.indexOf('-append') + 1];
  };
  expect(appended({})).toContain(' dom0_mem=1382M,max:1382M dom0_max_vcpus=1 ');
  expect(appended({ xenOptions: 'dom0_max_vcpus=1' })).not.toContain('dom0_mem');
});

test('a case that nothing was said of has failed', () => {
  expect(verdictsOf('PASS 10-a 12 all well\nFAIL 20-b 3 it broke\nPASS 30-c 4\n')).toEqual([
    { name: '10-a', passed: true, ran: true, seconds: '12', detail: 'all well' },
    { name: '20-b', passed: false, ran: true, seconds: '3', detail: 'it broke' },
    { name: '30-c', passed: true, ran: true, seconds: '4', detail: '' },
    ...['40-d', '90-e'].map((name) => ({
      ...{ name, passed: false, ran: false, seconds: '' },
      detail: 'no verdict: the lab ended before',
    })),
  ]);
  rmSync(folder, { recursive: true });
  expect(readVerdicts(folder, cases).every(({ passed }) => !passed)).toBe(true);
});

test("a second try's verdict counts, and is told as such", () => {
  const first = verdictsOf('PASS 10-a 12\nFAIL 20-b 3 it broke\nFAIL 30-c 4 this too\n', cases.slice(0, 3));
  const verdicts = secondTries(first, verdictsOf('PASS 20-b 5 now\nFAIL 30-c 6 again\n', cases.slice(1, 3)));
  expect(verdicts.map(({ passed }) => passed)).toEqual([true, true, false]);
  expect(formatTable(verdicts)).toBe(
    [
      'case  verdict           seconds  detail',
      '10-a  pass                   12',
      '20-b  pass, second try        5  now (the first try failed: it broke)',
      '30-c  FAIL, second try        6  again (the first try failed: this too)',
    ].join('\n'),
  );
});

test('the verdicts of several labs stand in the order of the cases', () => {
  const [a, b, c] = verdictsOf('', cases.slice(0, 3));
  expect(inOrder(cases.slice(0, 3), [c!, a!, b!])).toEqual([a, b, c]);
});
