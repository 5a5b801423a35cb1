import { expect, test } from 'vitest';
import { sentConfiguration } from './sent-configuration.js';

test('the domain stays the one that it is', () => {
  const own = JSON.stringify({ c_info: { name: 'busy', uuid: 'its own' } });
  const json = JSON.stringify({ c_info: { name: 'other', uuid: 'made up' }, b_info: {} });
  const sent = (changes: object) => JSON.parse(sentConfiguration(own, 7, changes)) as unknown;
  expect(sent({ json })).toEqual({ c_info: { name: 'other', uuid: 'its own' }, b_info: {} });
  expect(sent({ preserveDomid: true })).toEqual({ c_info: { name: 'busy', uuid: 'its own', domid: 7 } });
});
