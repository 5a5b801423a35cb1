import { expect, test } from 'vitest';
import { countText, rateScale, timeScale, timeText } from './units.js';

test.each([
  [0.04, '0.0 ms'],
  [9.94, '9.9 ms'],
  [9.96, '10 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [9996, '10.0 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min'],
  [570_000, '9 min 30 s'],
  [3_599_600, '1 h'],
  [7_500_000, '2 h 5 min'],
  [100_800_000, '1 d 4 h'],
  [-667, '−667 ms'],
])('%d ms is %s', (milliseconds, text) => {
  expect(timeText(milliseconds)).toBe(text);
});

test.each([
  [900, 'ms', 900],
  [90_000, 's', 90],
  [570_000, 'min', 9.5],
  [7_200_000, 'h', 2],
])('an axis of %d ms has the unit %s', (most, unit, shown) => {
  const scale = timeScale(most);
  expect([scale.unit, scale.of(most)]).toEqual([unit, shown]);
});

test.each([
  [0, 'KiB/s'],
  [2 ** 20, 'MiB/s'],
  [3 * 2 ** 30, 'GiB/s'],
])('an axis of %d bytes a second has the unit %s', (most, unit) => {
  expect(rateScale(most).unit).toBe(unit);
});

test('digits are grouped, and counts whole', () => {
  expect(countText(1_048_576.4)).toBe('1,048,576');
});
