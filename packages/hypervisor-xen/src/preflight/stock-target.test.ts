import { describe, expect, test } from 'vitest';
import { checkStockTarget } from './stock-target.js';

/** Output of Debian 13's xl, in the lab. */
const INFO = `host                   : lab
release                : 6.12.118+deb13-amd64
version                : #1 SMP PREEMPT_DYNAMIC Debian 6.12.118-1 (2026-11-20)
nr_cpus                : 2
hw_caps                : 178bf3fd:80002001:20100800:00000007:00000000:00000000:00000000:00000000
virt_caps              : pv hvm hap gnttab-v1 gnttab-v2
total_memory           : 3071
free_memory            : 1656
xen_major              : 4
xen_minor              : 20
xen_extra              : .5-pre
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 
xen_changeset          : 
`;
const UUID = '7209914c-eb2c-11f1-a38e-4f5345a45087';
const HEADING = `Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label
Domain-0                                     0  1382     1     r-----      52.7 00000000-0000-0000-0000-000000000000        -                    -
`;
const row = (name: string, domid: number, uuid: string) =>
  `${name.padEnd(40)} ${String(domid).padStart(5)}    96     1     -b----       8.1 ${uuid}        -                    -\n`;

const configuration = (more: object = {}, creation: object = {}) =>
  JSON.stringify({
    c_info: { type: 'pvh', name: 'g1', uuid: UUID, ...creation },
    b_info: { max_vcpus: 1, max_memkb: 98304, target_memkb: 98304 },
    ...more,
  });

function outcomes(
  text: string,
  { json = configuration(), minor = 20, here = 'source' } = {},
): Record<string, string> {
  const checks = checkStockTarget({ configuration: json, xen: { major: 4, minor } }, text, here);
  return Object.fromEntries(checks.map(({ check, outcome, sentence }) => [check, `${outcome}: ${sentence}`]));
}

const CANNOT = 'unknown: a stock xl, or an older mig, cannot be asked';

test('says what it can, and the rest is not known', () => {
  expect(outcomes(INFO + HEADING)).toEqual({
    host: 'passed: xl answers there, on lab',
    kind: 'passed: Xen there runs PVH domains',
    configuration: CANNOT,
    name: 'passed: g1 is free',
    uuid: 'passed: no copy of the domain is there',
    memory: expect.stringMatching(/^passed: it needs 100 MiB, and 1656 MiB are free/) as string,
    version: 'passed: Xen 4.20 loads what Xen 4.20 writes',
    processor: CANNOT,
  });
});

test('what it would have to have is not known either', () => {
  const json = configuration({ disks: [{ pdev_path: '/x', vdev: 'xvda' }], nics: [{ bridge: 'xenbr0' }] });
  expect(outcomes(INFO + HEADING, { json })).toMatchObject({ disks: CANNOT, bridges: CANNOT });
});

describe('what is taken there', () => {
  test('the name', () => {
    const other = 'a1aaaaaa-eb2c-11f1-a38e-4f5345a45087';
    expect(outcomes(INFO + HEADING + row('g1', 3, other))).toMatchObject({
      name: 'failed: there is a domain called g1 already, domid 3',
      uuid: 'passed: no copy of the domain is there',
    });
  });

  test('a name with blanks, and with what looks like a domid in it', () => {
    const json = configuration({}, { name: 'g 1  2 3' });
    const other = 'a1aaaaaa-eb2c-11f1-a38e-4f5345a45087';
    expect(outcomes(INFO + HEADING + row('g 1  2 3', 4, other), { json })['name']).toMatch(/domid 4$/);
  });

  test('the domain itself', () => {
    const list = HEADING + row('other', 3, UUID);
    expect(outcomes(INFO + list)).toMatchObject({ uuid: 'failed: other, domid 3, has its UUID there' });
    expect(outcomes(INFO + list, { here: 'lab' })['uuid']).toMatch(/^unknown: .* if HOST is this host/);
  });

  test('the domid', () => {
    const list = HEADING + row('other', 3, 'a1aaaaaa-eb2c-11f1-a38e-4f5345a45087');
    const at = (domid: number) => outcomes(INFO + list, { json: configuration({}, { domid }) })['domid'];
    expect([at(3), at(4)]).toEqual(['failed: domid 3 is taken', 'passed: domid 4 is free']);
  });
});

test.each([
  [
    'an older Xen',
    INFO.replace('20\nxen_extra', '17\nxen_extra'),
    'version',
    /^failed: the domain comes from Xen 4.20/,
  ],
  [
    'no hardware virtualisation',
    INFO.replace('pv hvm hap', 'pv'),
    'kind',
    /^failed: Xen there has no hardware/,
  ],
  [
    'an embedded hypervisor',
    'hypervisor : embedded (WebAssembly)\n',
    'kind',
    /^failed: this is a PVH domain/,
  ],
  [
    'an old xl without virt_caps',
    INFO.replace(/virt_caps.*\n/, ''),
    'kind',
    'passed: Xen there runs PVH domains',
  ],
  [
    'no word of what it can',
    'xen_major : 4\nxen_minor : 20\n',
    'kind',
    /^unknown: whether Xen there runs PVH/,
  ],
  [
    'no word of which Xen',
    'virt_caps : hvm\nxen_major : x\n',
    'version',
    /^unknown: xl info there does not say/,
  ],
  ['no word of its memory', 'xen_major : 4\nvirt_caps : hvm\n', 'memory', /^unknown: xl there does not say/],
])('%s', (_, info, check, said) => {
  expect(outcomes(info + HEADING)[check]).toMatch(said);
});

test('that lists nothing leaves open what is taken', () => {
  expect(outcomes(INFO)).toMatchObject({
    name: 'unknown: xl list -v there does not say which domains it has',
    uuid: 'unknown: xl list -v there does not say which domains it has',
    memory: 'unknown: xl there does not say what is free for a domain',
  });
});

describe('whose processors it has', () => {
  // Registers b, d and c: "AuthenticAMD".
  const leaf = { leaf: 0, subleaf: 0, a: 13, b: 0x68747541, c: 0x444d4163, d: 0x69746e65 };
  const told = (text: string, leaves = [leaf]) => {
    const xen = { major: 4, minor: 20, cpuPolicy: { leaves, msrs: [] } };
    return checkStockTarget({ configuration: configuration(), xen }, text, 'source').find(
      ({ check }) => check === 'processor',
    );
  };

  test.each([
    ['GenuineIntel', 'failed', /^the domain was told a processor of AuthenticAMD, and .* of GenuineIntel$/],
    ['AuthenticAMD', 'unknown', /^they are of AuthenticAMD there/],
  ])('%s: %s', (vendor, outcome, sentence) => {
    const found = told(`${INFO}vendor_id\t: ${vendor}\n${HEADING}`);
    expect(found).toEqual({
      check: 'processor',
      outcome,
      sentence: expect.stringMatching(sentence) as string,
    });
  });

  test('nobody knows where either is not said', () => {
    expect(told(INFO + HEADING)?.outcome).toBe('unknown');
    expect(told(`${INFO}${HEADING}vendor_id\t: GenuineIntel\n`, [])?.outcome).toBe('unknown');
  });
});

test('with the ends of lines of a terminal', () => {
  const text = (INFO + HEADING).replaceAll('\n', '\r\n');
  expect(outcomes(text)).toEqual(outcomes(INFO + HEADING));
});

test('of a WebAssembly domain', () => {
  const json = '{"c_info":{"type":"wasm","name":"busy"},"b_info":{}}';
  expect(outcomes(INFO + HEADING, { json })).toEqual({
    kind: 'failed: this is a WebAssembly domain, and Xen there runs none',
  });
});
