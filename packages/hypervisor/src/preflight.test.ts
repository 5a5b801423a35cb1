import { describe, expect, test } from 'vitest';
import type { DomainInfo } from './host.js';
import { checkAwayName, checkDomain, hostIdentity } from './preflight.js';

const busy: DomainInfo = {
  domid: 1,
  name: 'busy',
  uuid: '',
  memory: 1,
  vcpus: 1,
  state: { paused: false, suspended: false, crashed: false },
  cpuSeconds: 0,
  logDirty: false,
  standing: 'free',
  epoch: 0,
};
const paused = { ...busy.state, paused: true };

describe('a domain', () => {
  test.each<[Partial<DomainInfo>, string, RegExp]>([
    [{}, 'passed', /^busy runs, and no other command has it$/],
    [{ state: paused }, 'passed', /^busy is paused, and no other/],
    [{ state: { ...busy.state, crashed: true } }, 'failed', /^busy has crashed$/],
    [{ standing: 'taken' }, 'failed', /^busy is in the hands of/],
    [{ standing: 'suspended' }, 'failed', /^busy is in the hands of/],
    [{ standing: 'abandoned' }, 'failed', /^busy is suspended: resume it first$/],
    [{ standing: 'sent' }, 'failed', /^busy is in the hands of/],
    [{ standing: 'away' }, 'failed', /^busy was sent to another host/],
    [{ standing: 'incoming' }, 'failed', /^busy is arriving/],
    [{ standing: 'unknown' }, 'unknown', /^busy does not answer/],
  ])('%j: %s', (more, outcome, sentence) => {
    const check = checkDomain({ ...busy, ...more }, { movesPaused: true });
    expect(check.outcome).toBe(outcome);
    expect(check.sentence).toMatch(sentence);
  });

  test('that is paused is moved by some hypervisors only', () => {
    expect(checkDomain({ ...busy, state: paused }, { movesPaused: false }).outcome).toBe('failed');
  });
});

test('the name of one that was sent', () => {
  const other = { ...busy, domid: 2, name: 'busy--migratedaway' };
  expect(checkAwayName(busy, [busy]).outcome).toBe('passed');
  expect(checkAwayName(busy, [busy, other])).toMatchObject({
    outcome: 'failed',
    sentence: 'domain 2 is called busy--migratedaway here, which this one is to be once it is sent',
  });
});

test('a host is itself, and no other of its machine', () => {
  expect(hostIdentity('/a')).toMatch(/^[0-9a-f]{64}$/);
  expect(hostIdentity('/a')).toBe(hostIdentity('/a'));
  expect(hostIdentity('/b')).not.toBe(hostIdentity('/a'));
});
