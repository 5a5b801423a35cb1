import { expect, test } from 'vitest';
import { bandwidthText, parseBandwidth } from './bandwidth-text.js';

test.each([
  ['100Mbit/s', 12.5e6],
  ['100mbit', 12.5e6],
  ['1 Gbit/s', 125e6],
  ['1gbps', 125e6],
  ['100Mbps', 12.5e6],
  ['100Mb/s', 12.5e6],
  ['100kb/s', 12.5e3],
  ['1Gib/s', 2 ** 27],
  ['100MBps', 100e6],
  ['100mb/s', undefined],
  ['100Mb', undefined],
  ['1gb', undefined],
  ['5000 bytes/s', 5000],
  ['12.5MB/s', 12.5e6],
  ['8kbit', 1000],
  ['1MiB/s', 1 << 20],
  ['5000 octets/s', 5000],
  ['100', undefined],
  ['100M', undefined],
  ['0Mbit/s', undefined],
  ['-1Mbit/s', undefined],
  ['1e3Mbit', undefined],
  ['', undefined],
  ['99999999Gbit', undefined],
])('%j is %s octets per second', (text, octets) => {
  expect(parseBandwidth(text)).toBe(octets);
});

test.each([
  [12.5e6, '100 Mbit/s'],
  [125e6, '1 Gbit/s'],
  [1000, '8 kbit/s'],
  [12_345_678, '98.77 Mbit/s'],
])('%i octets per second read %s', (octets, text) => {
  expect(bandwidthText(octets)).toBe(text);
  expect(parseBandwidth(text)! / octets).toBeCloseTo(1, 3);
});
