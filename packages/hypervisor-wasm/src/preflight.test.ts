import { HostError } from '@mig/hypervisor';
import { describe, expect, test } from 'vitest';
import { checkArrival, checkLog, type MemoryOfHost, type Present } from './preflight.js';

const MIB = 2 ** 20;
const plenty: MemoryOfHost = { fileSizeLimit: Infinity, available: 1024 * MIB };

function configurationOf(creation: object = {}, build: object = {}): string {
  return JSON.stringify({
    c_info: { type: 'wasm', name: 'busy', uuid: '11111111-2222-4333-8444-555555555555', ...creation },
    b_info: { max_memkb: 65536, kernel: 'wss', ...build },
  });
}

function outcomes(configuration: string, present: Partial<Present> = {}): Record<string, string> {
  const checks = checkArrival(configuration, {
    takenDomids: [],
    inTheWay: () => [],
    memory: plenty,
    ...present,
  });
  return Object.fromEntries(checks.map(({ check, outcome, sentence }) => [check, `${outcome}: ${sentence}`]));
}

describe('what arrives', () => {
  test('has nothing in its way on an empty host', () => {
    expect(outcomes(configurationOf())).toEqual({
      kind: 'passed: the embedded hypervisor runs WebAssembly domains',
      configuration: 'passed: it takes the configuration',
      name: 'passed: busy is free',
      uuid: 'passed: no other copy of the domain is there',
      memory: 'passed: its memory, 64 MiB, is within the 1024 MiB that are free',
    });
  });

  test('of another kind is that, and nothing else is asked', () => {
    expect(outcomes(configurationOf({ type: 'pvh' }))).toEqual({
      kind: 'failed: this is a PVH domain, and the embedded hypervisor there runs WebAssembly domains',
    });
  });

  test.each([
    ['[', 'failed: the configuration is not JSON'],
    [configurationOf({ name: 'a/b' }), /^failed: c_info.name /],
    [configurationOf({}, { max_memkb: 1 }), /^failed: b_info.max_memkb must be/],
  ])('with a configuration that is none: %.40s', (configuration, said) => {
    expect(outcomes(configuration)).toEqual({ configuration: expect.stringMatching(said) as string });
  });

  test('finds its name and itself taken', () => {
    const inTheWay = () => [
      new HostError('uuid-taken', 'it is here'),
      new HostError('name-taken', 'called so'),
    ];
    expect(outcomes(configurationOf(), { inTheWay })).toMatchObject({
      name: 'failed: called so',
      uuid: 'failed: it is here',
    });
  });

  test('finds its domid taken, or free', () => {
    const configuration = configurationOf({ domid: 7 });
    expect(outcomes(configuration, { takenDomids: [6, 7] })).toMatchObject({
      domid: 'failed: domid 7 is taken',
    });
    expect(outcomes(configuration, { takenDomids: [6] })).toMatchObject({ domid: 'passed: domid 7 is free' });
  });

  test.each<[Partial<MemoryOfHost>, string]>([
    [{ fileSizeLimit: 64 * MIB }, 'passed: its memory, 64 MiB, is within the 1024 MiB that are free'],
    [
      { fileSizeLimit: 64 * MIB - 1 },
      'failed: its memory, 64 MiB, is beyond the limit of file sizes (ulimit -f)',
    ],
    [{ available: 64 * MIB }, 'passed: its memory, 64 MiB, is within the 64 MiB that are free'],
    [
      { available: 64 * MIB - 1 },
      'unknown: its memory, 64 MiB, is more than the 63 MiB that are free, if the guest uses all of it',
    ],
    [{ available: undefined }, 'unknown: its memory, 64 MiB: how much is free, the kernel does not say'],
  ])('with memory of the host %j', (memory, said) => {
    expect(outcomes(configurationOf(), { memory: { ...plenty, ...memory } })).toMatchObject({ memory: said });
  });

  test('is measured against this host where nothing else is said', () => {
    const [memory] = checkArrival(configurationOf(), { takenDomids: [], inTheWay: () => [] }).slice(-1);
    expect(memory).toMatchObject({
      check: 'memory',
      sentence: expect.stringMatching(/ \d+ MiB that are free/) as string,
    });
  });
});

test.each([
  [undefined, true, 'passed'],
  ['the kernel cannot', true, 'failed'],
  ['the kernel cannot', false, 'passed'],
])('no log because %s, live %s: %s', (why, live, outcome) => {
  expect(checkLog(why, live)).toMatchObject({ check: 'log', outcome });
});
