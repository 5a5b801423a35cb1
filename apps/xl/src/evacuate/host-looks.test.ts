import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW, runOf } from '../run-page/view.test-support.js';
import { HOSTS_PERIOD, HostLooks } from './host-looks.js';
import type { Evacuation } from './journal.js';

const UNTIL = { timeout: 150_000 };
const evacuation: Evacuation = {
  ...{ schema: 1, name: 'source', asked: '', names: [], sshCommand: 'ssh', cordoned: true, downtimes: {} },
  run: runOf([], { targets: ['left'] }),
};

let now = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test.for([
  ['under way', evacuation],
  ['over', { ...evacuation, ended: NOW }],
] as const)('a look that fails leaves memory unknown, and is tried again: run %s', async ([, seen]) => {
  let isBroken = true;
  const looks = new HostLooks((name) => {
    if (isBroken && name === 'source') throw new Error('the hypervisor does not answer');
    return Promise.resolve({ name, totalMemory: 8, freeMemory: 4, domains: [] });
  });
  const shown = () => looks.of(seen).map(({ why, look }) => why ?? look?.freeMemory);
  const failed = ['its memory is unknown: the hypervisor does not answer', 4];
  await vi.waitFor(() => expect(shown()).toEqual(failed), UNTIL);
  isBroken = false;
  expect(shown()).toEqual(failed);
  now += HOSTS_PERIOD;
  await vi.waitFor(() => expect(shown()).toEqual([4, 4]), UNTIL);
});
