import { describe, expect, it } from 'vitest';
import { after, runs, type VcpuEvent } from './vcpu-state.js';

/** Writes a state as letters: p(aused), s(uspended), c(rashed), - for none. */
function state(letters: string) {
  return { paused: letters.includes('p'), suspended: letters.includes('s'), crashed: letters.includes('c') };
}

describe('a vCPU', () => {
  it.each<[string, boolean]>([
    ['-', true],
    ['p', false],
    ['s', false],
    ['ps', false],
    ['c', false],
  ])('in state %s runs: %s', (letters, expected) => {
    expect(runs(state(letters))).toBe(expected);
  });

  it.each<[VcpuEvent, Record<string, string>]>([
    ['pause', { '-': 'p', p: 'p', s: 'ps', ps: 'ps', c: '', pc: '', sc: '', psc: '' }],
    ['unpause', { '-': '-', p: '-', s: 's', ps: 's', c: '', pc: '', sc: '', psc: '' }],
    ['suspend', { '-': 's', p: 'ps', s: '', ps: '', c: '', pc: '', sc: '', psc: '' }],
    ['resume', { '-': '', p: '', s: '-', ps: 'p', c: '', pc: '', sc: '', psc: '' }],
    ['crash', { '-': 'c', p: 'pc', s: 'sc', ps: 'psc', c: 'c', pc: 'pc', sc: 'sc', psc: 'psc' }],
  ])('takes %s, or refuses it', (event, table) => {
    for (const [before, expected] of Object.entries(table)) {
      const wanted = expected === '' ? undefined : state(expected);
      expect(after(state(before), event), `${event} in ${before}`).toEqual(wanted);
    }
  });
});
