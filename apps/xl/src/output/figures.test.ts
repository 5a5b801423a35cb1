import { expect, test } from 'vitest';
import { millisecondsText, octetsText, rateText } from './figures.js';

test.for([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023.7, '1.0 KiB'],
  [2 ** 20 - 1, '1.0 MiB'],
  [256.5 * 2 ** 20, '256.5 MiB'],
  [1023.99 * 2 ** 20, '1.0 GiB'],
  [3.7 * 2 ** 40, '3.7 TiB'],
  [2 ** 63, '8192.0 PiB'],
] as const)('%d octets are %s', ([octets, text]) => {
  expect(octetsText(octets)).toBe(text);
});

test.for([
  [0.4, '0 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [2500, '2.50 s'],
  [59_994, '59.99 s'],
  [59_996, '1 min'],
  [570_000, '9 min 30 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 min'],
  [86_399_999, '1 d'],
  [100_800_000, '1 d 4 h'],
] as const)('%d milliseconds are %s', ([milliseconds, text]) => {
  expect(millisecondsText(milliseconds)).toBe(text);
});

test('a rate has no fractions of a byte, and a dash where no time has passed', () => {
  expect(rateText(100, 3000)).toBe('33 bytes/s');
  expect(rateText(0, 0)).toBe('-');
});
