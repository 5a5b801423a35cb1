import type { DomainInfo } from '@mig/hypervisor';
import { describe, expect, it } from 'vitest';
import { domainTable, stateLetters, stateWord } from './domain-table.js';

const running = { paused: false, suspended: false, crashed: false };
const domain: DomainInfo = {
  domid: 7,
  name: 'guest',
  uuid: '01234567-89ab-cdef-0123-456789abcdef',
  memory: 512,
  vcpus: 1,
  state: running,
  cpuSeconds: 12.345,
  logDirty: false,
  standing: 'free',
  epoch: 1,
};

describe('the table of domains', () => {
  it('is stock xl’s, to the column', () => {
    expect(domainTable([domain])).toEqual([
      'Name                                        ID   Mem VCPUs\tState\tTime(s)',
      'guest                                        7   512     1     r-----      12.3',
    ]);
  });

  it('lets long names push the columns', () => {
    const name = 'n'.repeat(45);
    expect(domainTable([{ ...domain, name }])[1]).toBe(`${name}     7   512     1     r-----      12.3`);
  });

  it('shows identities on request', () => {
    const [heading, line] = domainTable([{ ...domain, state: { ...running, suspended: true } }], {
      verbose: true,
    });
    expect(heading).toMatch(/Time\(s\) {3}UUID {28}Reason-Code\tSecurity Label$/);
    expect(line).toMatch(/---ss- {6}12\.3 01234567-89ab-cdef-0123-456789abcdef {8}2 {16}-$/);
  });

  it.each([
    [{}, 'r-----', 'running'],
    [{ paused: true }, '--p---', 'paused'],
    [{ suspended: true }, '---ss-', 'suspended'],
    [{ suspended: true, paused: true }, '--pss-', 'suspended'],
    [{ crashed: true }, '---sc-', 'crashed'],
    [{ crashed: true, suspended: true }, '---sc-', 'crashed'],
  ])('%j is %s', (state, letters, word) => {
    expect(stateLetters({ ...running, ...state })).toBe(letters);
    expect(stateWord({ ...running, ...state })).toBe(word);
  });
});
