import { expect, test } from 'vitest';
import { configurationChange } from './configuration-change.js';

const before = { c_info: { name: 'busy', uuid: 'u' }, disks: [{ vdev: 'xvda', readwrite: 1 }] };
const change = (after: unknown) => configurationChange(JSON.stringify(before), JSON.stringify(after));

test('of the same there is none, whatever the order and the name', () => {
  expect(change({ disks: before.disks, c_info: { uuid: 'u', name: 'other' } })).toBeUndefined();
});

test.each<[unknown, string]>([
  [{ ...before, disks: [] }, 'disks[0] is no longer there'],
  [{ ...before, disks: [...before.disks, { vdev: 'xvdb' }] }, 'disks[1] was not there'],
  [{ ...before, disks: [{ vdev: 'xvda', readwrite: 0 }] }, 'disks[0].readwrite was 1 and is 0'],
  [{ ...before, disks: null }, 'disks was [{"vdev":"xvda","readwrite":1}] and is null'],
  [{ ...before, b_info: { target_memkb: 5 } }, 'b_info was not there'],
  [{ disks: before.disks }, 'c_info is no longer there'],
])('the first is said: %j', (after, words) => {
  expect(change(after)).toBe(words);
});
