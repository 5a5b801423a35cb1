import { readFileSync } from 'node:fs';
import { HostError } from '@mig/hypervisor';
import { configurationOf, pull, XlHeaderDecoder } from '@mig/protocol';
import { expect, test } from 'vitest';
import { checkArriving } from './arriving-configuration.js';

const odd = '\x1b]0;a title\x07';

test.each<[unknown, RegExp]>([
  [{ c_info: { name: 'a', type: odd } }, /c_info\.type holds control characters/],
  [{ disks: [{ pdev_path: '/a' }, { pdev_path: '\x9b2J' }] }, /disks\[1\]\.pdev_path holds/],
  [{ b_info: { [odd]: 1 } }, /a key of b_info holds/],
  [{ [odd]: 1 }, /a key of it holds/],
  [{ c_info: { uuid: 5 } }, /c_info\.uuid is not a string/],
  [{ c_info: null }, /c_info is not an object/],
  [{ c_info: [] }, /c_info is not an object/],
  [[], /is not a JSON object/],
])('%j does not reach libxl', (configuration, says) => {
  const check = () => checkArriving(JSON.stringify(configuration));
  expect(check).toThrow(HostError);
  expect(check).toThrow(says);
});

test('nor does what is too deep', () => {
  expect(() => checkArriving(`{"x":${'['.repeat(20_000)}`)).toThrow(/is nested deeper than 32/);
});

test.each(['pvh-live.bin', 'pvh-save.bin', 'pv-save.bin', 'xen-4.20/pvh-live.bin', 'xen-4.20/pvh-save.bin'])(
  'that of stock, in %s, does',
  (fixture) => {
    const octets = readFileSync(new URL(`../../../protocol/fixtures/${fixture}`, import.meta.url));
    const decoder = new XlHeaderDecoder();
    const read = (count: number) => octets.subarray(decoder.offset, decoder.offset + count);
    const [event] = pull(decoder, read);
    const configuration = configurationOf(event!.header);
    expect(() => checkArriving(configuration)).not.toThrow();
  },
);

test('lines and tabs in a text are nothing to refuse', () => {
  expect(() => checkArriving(JSON.stringify({ b_info: { cmdline: 'a\tb\nc' } }))).not.toThrow();
});
