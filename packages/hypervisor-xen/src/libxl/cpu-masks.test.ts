/** Tests of the CPU masks of xl.conf: their syntax, and their effect on a configuration. */
import { describe, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { cpuMasks, type CpuNodes, withinCpuMasks } from './cpu-masks.js';

/** Ten CPUs in two nodes, the last one offline. */
const NODES: CpuNodes = [0, 0, 0, 0, 0, 1, 1, 1, 1, undefined];
const ALL = Array.from({ length: 16 }, (_, cpu) => cpu);
const NONE = { all: undefined, hvm: undefined, pv: undefined };

test.each<[string, number[]]>([
  ['all', ALL],
  ['nodes:all', ALL],
  ['1', [1]],
  ['0-3,^2', [0, 1, 3]],
  ['3, 1', [1, 3]],
  ['node:1', [5, 6, 7, 8]],
  ['nodes:0-1,^node:0', [5, 6, 7, 8]],
  ['all,^nodes:0-1', [9, 10, 11, 12, 13, 14, 15]],
  ['node:2', []],
  ['^1', []],
  ['', []],
  ['14-99999999999999999999', [14, 15]],
  // As in stock, text after an invalid word is ignored.
  ['1,2x,3', [1]],
  ['1,3-2,4', [1]],
  ['1,^all,2', [1]],
  ['one', []],
])('%j', (text, mask) => {
  expect(cpuMasks({ ...NONE, pv: text }, NODES)).toEqual({ all: ALL, hvm: ALL, pv: mask, size: 16 });
});

describe('a configuration', () => {
  const configurationOf = (type: string, affinity?: number[][]) =>
    JSON.stringify({
      c_info: { name: 'g', type },
      b_info: { max_vcpus: 2, ...(affinity && { vcpu_hard_affinity: affinity }) },
    });
  const under = (masks: Partial<typeof NONE | Record<string, string>>, configuration: string) =>
    withinCpuMasks(configuration, cpuMasks({ ...NONE, ...masks }, NODES));
  const affinityUnder = (masks: Record<string, string>, configuration: string) =>
    (JSON.parse(under(masks, configuration)) as { b_info: { vcpu_hard_affinity?: number[][] } }).b_info
      .vcpu_hard_affinity;

  test('without any wish stays as it is where no CPU is kept from it', () => {
    const configuration = configurationOf('pvh');
    expect(under({}, configuration)).toBe(configuration);
    expect(under({ pv: '1' }, configuration)).toBe(configuration);
    expect(under({ hvm: 'all' }, configuration)).toBe(configuration);
  });

  test.each([
    ['pvh', { all: '0-3' }, [0, 1, 2, 3]],
    ['hvm', { hvm: '2-5' }, [2, 3, 4, 5]],
    ['hvm', { all: '0-3', hvm: '2-5' }, [2, 3]],
    ['pv', { all: '0-3', pv: '3', hvm: '0' }, [3]],
  ])('of %s without any wish, under %j: %j', (type, masks, cpus) => {
    expect(affinityUnder(masks, configurationOf(type))).toEqual([cpus, cpus]);
  });

  test('keeps of its own wishes what it may have', () => {
    const configuration = configurationOf('pvh', [
      [1, 2],
      [2, 9],
    ]);
    expect(affinityUnder({ all: '2-20' }, configuration)).toEqual([[2], [2, 9]]);
  });

  test('one of whose vCPUs could run nowhere is refused', () => {
    const refused = (masks: Record<string, string>, affinity?: number[][]) => {
      try {
        return under(masks, configurationOf('pvh', affinity));
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        return `${error.code}: ${error.message}`;
      }
    };
    expect(refused({ all: '2-3' }, [[2], [0, 1]])).toBe(
      'bad-configuration: its vCPU 1 is to run on CPUs 0, 1, and of those that this host has, domains may run on 2, 3 ' +
        '(vm.cpumask and its kin, xl.conf(5))',
    );
    // CPUs of a larger host.
    expect(refused({}, [[16], [17]])).toMatch(/vCPU 0 is to run on CPUs 16, and/);
    expect(refused({ all: '2', hvm: '3' })).toMatch(/domains may run on none/);
  });
});
