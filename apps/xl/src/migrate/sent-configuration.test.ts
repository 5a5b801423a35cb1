import type { Host } from '@mig/hypervisor';
import { expect, test } from 'vitest';
import { replacementIn, sentConfiguration } from './sent-configuration.js';

test('a Xen host sends what the domain has: another configuration is not even read', () => {
  const xen = { configuration: () => '{}' } as unknown as Host;
  expect(() => replacementIn('/nonexistent.cfg', xen, 1)).toThrow(
    'on a Xen host a domain goes with its own configuration: leave CONFIG out, or use the stock xl',
  );
  expect(replacementIn(undefined, xen, 1)).toBeUndefined();
});

test('the domain stays the one that it is', () => {
  const own = JSON.stringify({ c_info: { name: 'busy', uuid: 'its own' } });
  const json = JSON.stringify({ c_info: { name: 'other', uuid: 'made up' }, b_info: {} });
  const sent = (changes: object) => JSON.parse(sentConfiguration(own, 7, changes)) as unknown;
  expect(sent({ json })).toEqual({ c_info: { name: 'other', uuid: 'its own' }, b_info: {} });
  expect(sent({ preserveDomid: true })).toEqual({ c_info: { name: 'busy', uuid: 'its own', domid: 7 } });
});
